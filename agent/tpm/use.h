// What a license's keys do after the request: the AK opens the answer, the license key signs under its gate.
#pragma once

#include "agent/tpm/connection.h"
#include "agent/tpm/tpm.h"

namespace holdfast::tpm {

// encrypted_key = TPM2B_ID_OBJECT || TPM2B_ENCRYPTED_SECRET, made for EK and AK. The secret crosses the bus
// encrypted to a session that is salted to the EK.
Result<Secret> OpenCredential(Connection& tpm, const KeySet& keys, ByteView encrypted_key);

// r || s over the digest, verified before it is returned.
Result<Bytes> SignDigest(Connection& tpm, const KeySet& keys, const Sha256Digest& digest);

}  // namespace holdfast::tpm
