// The keys of a host without a TPM: one signs, as a license key in a TPM does, the other opens answers. Their private
// halves are in a file of their own in the state directory, mode 0600 (state_directory.h), never in JSON.
#pragma once

#include "protocol/crypto/ec_private_key.h"
#include "protocol/platform/files.h"
#include "protocol/strict_json.h"

namespace holdfast {

// The public halves: what pending requests and installed licenses hold in a TPM key set's place.
struct HostKeys {
  PublicKey license_key, agreement_key;
};

struct HostPrivateKeys {
  EcPrivateKey license_key, agreement_key;
  HostKeys Public() const { return {license_key.public_key(), agreement_key.public_key()}; }
};
Result<HostPrivateKeys> GenerateHostKeys();

// {"assurance": "host", "license_key": SPKI, "agreement_key": SPKI}, base64url.
Json FormatHostKeys(const HostKeys& keys);
// Checks: keys.<member>, and those of PublicKey.
Result<HostKeys> ParseHostKeys(const Json& json);

// 64 octets: the scalar of the license key, then that of the key-agreement key.
inline constexpr size_t kHostPrivateKeysSize = 2 * EcPrivateKey::kScalarSize;
Secret FormatHostPrivateKeys(const HostPrivateKeys& keys);
// Check: keys.private (of another length, out of range, or not those of `expected`).
Result<HostPrivateKeys> ParseHostPrivateKeys(const Secret& octets, const HostKeys& expected);
// Checks: keys.private, also when there is no such file; file.mode, file.read, which may pass.
Result<HostPrivateKeys> ReadHostPrivateKeys(const Path& file, const HostKeys& expected);

}  // namespace holdfast
