// What the AK attests about a license key, its gate, the ledger's counter and the platform. Every attest is parsed, compared with what was
// asked and verified with the AK's public key before it is given out: the vendor would refuse what is wrong with it, and
// the file would have made its way for nothing. `keys` are those of the handles.
#pragma once

#include "agent/tpm/connection.h"
#include "agent/tpm/tpm.h"

namespace holdfast::tpm {

// TPM2_Certify of the license key (ADMIN role: its empty auth value).
Result<SignedAttest> CertifyKey(Connection& tpm, const KeySet& keys, const Handle& ak, const Handle& key,
                                const Sha256Digest& qualifying_data);

// TPM2_NV_Certify of the gate's eight octets, which must be the base. Check: tpm.gate when they are not.
Result<SignedAttest> CertifyGate(Connection& tpm, const KeySet& keys, const Handle& ak, const Handle& gate,
                                 const Sha256Digest& qualifying_data);

// The same of the counter of a hard meter. Checks: tpm.meter, when it is gone or another.
Result<SignedAttest> CertifyMeterCounter(Connection& tpm, const KeySet& keys, const Handle& ak,
                                         uint32_t counter_index, const Sha256Digest& qualifying_data);

// The same of a gate that was retired: its value must be above the base. Check: tpm.gate when it is not.
Result<SignedAttest> CertifyRetiredGate(Connection& tpm, const KeySet& keys, const Handle& ak,
                                        const Handle& gate, const Sha256Digest& qualifying_data);

// TPM2_NV_Certify of the ledger's counter, its eight octets. Check: tpm.counter, as OpenCounter.
Result<SignedAttest> CertifyCounter(Connection& tpm, const KeySet& keys, const Handle& ak,
                                    const LedgerCounter& counter, const Sha256Digest& qualifying_data);

struct QuotedPcrs {
  SignedAttest quote;
  std::map<int, Bytes> pcrs;  // exactly those that the quote covers
};
// TPM2_Quote and TPM2_PCR_Read of kQuotedPcrMask, again when a PCR changed in between. Check: tpm.pcr_bank
// when the TPM keeps no SHA-256 PCRs.
Result<QuotedPcrs> QuotePcrs(Connection& tpm, const KeySet& keys, const Handle& ak,
                             const Sha256Digest& qualifying_data);

}  // namespace holdfast::tpm
