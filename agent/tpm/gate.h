// The retirement gate: an NV counter that a license key's policy compares with its base
// (protocol/tpm/templates.h).
#pragma once

#include "agent/tpm/connection.h"
#include "protocol/tpm/templates.h"

namespace holdfast::tpm {

// For new keys: makes the counter when there is none, gives it its first value when it has none, and returns
// its value, the base. A value that is there stays: other licenses may live on it. Checks: tpm.nv_conflict
// when the index is not exactly a gate, tpm.nv_space, tpm.owner_auth.
Result<uint64_t> PrepareGate(Connection& tpm, uint32_t index);

// Moves the counter past `base`, for good, and returns its value: increments it while it has that value, and makes it anew
// where it was deleted, which begins above every value that a counter of this TPM ever had. Done again, it changes nothing.
// Checks: those of PrepareGate, tpm.gate when the counter is below `base`, where none can come to be.
Result<uint64_t> RetireGate(Connection& tpm, uint32_t index, uint64_t base);

// For existing keys. Check: tpm.gate when the index is gone or is not a gate.
Result<Handle> OpenGate(Connection& tpm, uint32_t index);

}  // namespace holdfast::tpm
