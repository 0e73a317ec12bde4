// Keys and certificates of one generation of a product line, made under a root key: what ceremony, rotate and
// add-line have in common.
#pragma once

#include "signer/hsm/authority.h"
#include "signer/hsm/ceremony_plan.h"
#include "signer/hsm/token_set.h"
#include "signer/hsm/transcript.h"

namespace holdfast::hsm {

struct MadeKey {
  KeyReference reference;
  std::shared_ptr<TokenKey> key;
  bool generated = false;
};
// Generates a key, or opens the existing one. `purpose` becomes part of the label.
Result<MadeKey> MakeKey(TokenSet& tokens, const KeyPlan& plan, const std::string& purpose);

struct RootAuthority {
  Certificate certificate;
  std::shared_ptr<TokenKey> key;
};

// notBefore of what the root signs lies a little back, so that a license may be dated before its order.
inline constexpr Seconds kCertificateBackdating{3 * 86400};

struct MadeLine {
  LineGeneration config;
  Certificate issuing, message;
};
// Writes both certificates to `paths` and adds them to the transcript.
Result<MadeLine> MakeLine(TokenSet& tokens, const LinePlan& plan, int generation, const RootAuthority& root,
                          Time now, const SignerPaths& paths, Transcript& transcript);

// File content of a certificate, with a line that says what it is.
std::string CertificateFile(const Certificate& certificate, std::string_view what);

}  // namespace holdfast::hsm
