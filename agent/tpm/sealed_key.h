// A key that the TPM keeps for the agent's ledger (LedgerAnchor in tpm.h).
#pragma once

#include "agent/tpm/connection.h"

namespace holdfast::tpm {

// TPM2_Create of a KEYEDHASH object under the SRK; the key crosses the bus encrypted.
Result<SealedKey> SealKey(Connection& tpm, const Secret& key);

// TPM2_Unseal, TPM2_NV_Read and TPM2_ReadClock in one session salted to the SRK that the sealed key names.
Result<LedgerAnchor::Reading> ReadLedgerAnchor(Connection& tpm, const SealedKey& key,
                                               const LedgerCounter& counter);

// Has the public area exactly the form of a sealed key? It comes from the disk.
bool MatchesSealedKey(ByteView tpmt_public);

}  // namespace holdfast::tpm
