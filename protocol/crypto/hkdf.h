// HKDF with SHA-256 (RFC 5869).
#pragma once

#include "protocol/secret.h"

namespace holdfast {

// Extract, then expand: `size` octets, at most 255 * 32. The same input and salt with another `info` give a key that is independent of it.
Secret HkdfSha256(const Secret& input, ByteView salt, ByteView info, size_t size);

}  // namespace holdfast
