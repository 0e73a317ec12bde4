// A content key that a vendor sealed to this TPM (ContentKeyOpener in tpm.h).
#pragma once

#include "agent/tpm/connection.h"

namespace holdfast::tpm {

// TPM2_Import and TPM2_Load under the SRK, then TPM2_Unseal under the gate's policy; the key crosses the bus encrypted to a session
// that is salted to the SRK. Nothing of it stays in the TPM.
Result<Secret> OpenContentKey(Connection& tpm, const KeySet& keys, const SealedContentKey& key);

}  // namespace holdfast::tpm
