// The NV counter that stamps the agent's ledger (LedgerAnchor in tpm.h).
#pragma once

#include "agent/tpm/connection.h"

namespace holdfast::tpm {

Result<bool> HasCounter(Connection& tpm, uint32_t index);
Result<uint64_t> MakeCounter(Connection& tpm, const LedgerCounter& counter);
Status AdvanceCounter(Connection& tpm, const LedgerCounter& counter, uint64_t to);

// For who brings a session: opened, with its authValue set. Check: tpm.counter, also when it is not of the gate's form.
Result<Handle> OpenCounter(Connection& tpm, const LedgerCounter& counter);
Result<uint64_t> ReadCounter(Connection& tpm, const Handle& counter, ESYS_TR session);

// TPM2_ReadClock. `audit`: a session that authenticates the answer, or ESYS_TR_NONE.
Result<ClockInfo> ReadClock(Connection& tpm, ESYS_TR audit);

}  // namespace holdfast::tpm
