// Hashes and HMAC (FIPS 180-4, RFC 2104).
#pragma once

#include <array>
#include <initializer_list>

#include "protocol/bytes.h"

namespace holdfast {

enum class HashAlgorithm { kSha256, kSha384 };
size_t DigestSize(HashAlgorithm algorithm);

using Sha256Digest = std::array<uint8_t, 32>;
Sha256Digest Sha256(ByteView data);
Sha256Digest Sha256(std::initializer_list<ByteView> parts);  // of the concatenation
Bytes Digest(HashAlgorithm algorithm, std::initializer_list<ByteView> parts);
Bytes Hmac(HashAlgorithm algorithm, ByteView key, std::initializer_list<ByteView> parts);

}  // namespace holdfast
