// P-256 public keys as the local API carries them: the uncompressed point 0x04 || x || y (SEC 1 2.3.3), 65 octets, base64url.
#pragma once

#include "protocol/crypto/public_key.h"
#include "protocol/strict_json.h"

namespace holdfast::local {

inline constexpr size_t kEcPointSize = 65;

Bytes EcPointOf(const PublicKey& key);  // precondition: a key on P-256
// Check: key.point (not of this form, or not on the curve).
Result<PublicKey> KeyOfEcPoint(ByteView point);
// A required member that holds one; verified to be on the curve.
Bytes ReadEcPoint(JsonObject& object, std::string_view name);

}  // namespace holdfast::local
