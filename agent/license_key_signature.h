// A signature by a license key, wherever that is.
#pragma once

#include "agent/license_keys.h"
#include "agent/state/state_directory.h"

namespace holdfast {

// r || s over the digest. Checks: those of LicenseKeySigner and ReadHostKeys.
Result<Bytes> SignByLicenseKey(const Sha256Digest& digest, const LicenseKeys& keys, LicenseKeySigner& signer,
                               const StateDirectory& state);

}  // namespace holdfast
