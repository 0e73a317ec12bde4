// The keys that a license is for: a TPM's key set, or a host's without a TPM. A license is of class host if and only if
// its keys are of the second kind (decisions/0064).
#pragma once

#include <variant>

#include "agent/host/keys.h"
#include "agent/tpm/tpm.h"

namespace holdfast {

using LicenseKeys = std::variant<KeySet, HostKeys>;

inline bool IsHost(const LicenseKeys& keys) {
  return std::holds_alternative<HostKeys>(keys);
}

Json FormatLicenseKeys(const LicenseKeys& keys);
// Checks: those of ParseKeySet, or of ParseHostKeys where there is a member "assurance".
Result<LicenseKeys> ParseLicenseKeys(const Json& json);

// Of a key set: from its public area. Check: state.license_key.
Result<PublicKey> LicenseKeyOf(const LicenseKeys& keys);

}  // namespace holdfast
