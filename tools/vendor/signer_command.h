// holdfast-signer run to its end for what is not an order: ceremony, rotation, approval. The root key is used
// in that process only.
#pragma once

#include <string>
#include <vector>

#include "protocol/result.h"

namespace holdfast::vendor {

// What the signer printed on standard output. When it fails: its own error, check and advice, as it wrote
// them to standard error. Check of our own: signer.spawn, signer.failed.
Result<std::string> RunSigner(const std::vector<std::string>& arguments);

}  // namespace holdfast::vendor
