// TPM2_MakeCredential without a TPM (TPM 2.0 Part 1, section 24 and annexes B.10 and C.6): a secret that only
// the TPM with this EK gives out, and only if it holds the very object with this Name.
#pragma once

#include "protocol/secret.h"
#include "protocol/tpm/structures.h"

namespace holdfast {

// TPM2B_ID_OBJECT || TPM2B_ENCRYPTED_SECRET. `ek`: an area that MatchEk knows (RSA-2048, P-256, P-384).
// `name`: of the AK, in an answer. `secret`: 1 to 32 octets, fresh for each credential. Checks: credential.secret, key.<what>,
// crypto.internal.
Result<Bytes> MakeCredential(const tpm::Public& ek, const tpm::Name& name, const Secret& secret);

}  // namespace holdfast
