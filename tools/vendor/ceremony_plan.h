// The ceremony's plan file when the options of `init` ask for more than one line and one token: the root key
// in a token of its own. The signer parses it and is the judge of it; signer/hsm/ceremony_plan.h has the format.
#pragma once

#include <string>
#include <vector>

#include "protocol/platform/files.h"

namespace holdfast::vendor {

struct TokenOptions {
  std::string module;                   // path of the PKCS#11 module
  std::string token;                    // pkcs11: URI
  std::string pin_file;                 // made absolute
  std::vector<std::string> module_env;  // NAME=VALUE; of the signer's process, so the same for all tokens
  bool given() const { return !module.empty() || !token.empty() || !pin_file.empty(); }
};

// Issuing and message keys in `main`, or in an embedded SoftHSM token when that is not given; root key in
// `root`.
std::string PlanWithOwnRoot(const std::string& vendor, const std::string& key_type, const TokenOptions& main,
                            const TokenOptions& root);

}  // namespace holdfast::vendor
