// The token that requests over TCP bring (RFC 6750), as the administrator put it in a file.
#pragma once

#include "protocol/platform/files.h"

namespace holdfast::api {

inline constexpr size_t kMinToken = 32, kMaxToken = 256;

// One line of 32 to 256 characters of RFC 6750's b64token. Checks: those of ReadSecretFile (file.mode: others can read it), http.token_file (kUsage).
Result<Secret> ReadToken(const Path& file);

}  // namespace holdfast::api
