// Is the license key in this TPM, and may it still sign? Shown by a signature over a fresh challenge,
// verified with the key of the license certificate.
#pragma once

#include "agent/enforcement/decide.h"
#include "agent/tpm/tpm.h"

namespace holdfast {

struct HardwareVerdict {
  HardwareProof proof = HardwareProof::kUnavailable;
  Error error;  // what stood in the way; empty when proven
};
HardwareVerdict ProveHardware(const KeySet& keys, const PublicKey& license_key, LicenseKeySigner& signer);

// The license key of a key set, from its public area. Check: state.license_key.
Result<PublicKey> LicenseKeyOf(const KeySet& keys);
// Nor does anybody else sign this: the challenge is hashed under a domain of its own.
inline constexpr std::string_view kHardwareProofDomain{"holdfast hardware proof v1\0", 27};

}  // namespace holdfast
