// Content keys: 32 octets of a vendor's, by name, that open content which he has encrypted. A plan names them, and the
// answer brings each of them sealed to the TPM that asked, under the gate of its license key: what TPM2_Import takes
// (TPM 2.0 Part 1, 23.3), made without a TPM. Parsing says nothing about what is inside: only that TPM can open it.
#pragma once

#include <map>
#include <string>

#include "protocol/strict_json.h"

namespace holdfast {

inline constexpr size_t kContentKeySize = 32;
inline constexpr size_t kMaxSealedKeys =
    32;  // of one license: those of its edition and of its fallback edition

// Of exactly these lengths: an object of one form, wrapped to a P-256 key.
struct SealedContentKey {
  Bytes public_area;  // TPMT_PUBLIC of a KEYEDHASH object (tpm::ContentKeyArea)
  Bytes duplicate;    // TPM2B_PRIVATE without size
  Bytes seed;         // TPM2B_ENCRYPTED_SECRET without size
  bool operator==(const SealedContentKey&) const = default;
};
inline constexpr size_t kContentKeyAreaSize = 78, kDuplicateSize = 108, kWrappedSeedSize = 68;

using SealedContentKeys = std::map<std::string, SealedContentKey>;  // by name

// {"<name>": {"public": ..., "duplicate": ..., "seed": ...}}, base64url.
Json FormatSealedKeys(const SealedContentKeys& keys);
// The optional member "content_keys" of `object`. Checks: <context>.content_keys, <context>.content_keys.<member>.
Result<SealedContentKeys> ReadSealedKeys(JsonObject& object, const std::string& context);

}  // namespace holdfast
