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

// For existing keys. Check: tpm.gate when the index is gone or is not a gate.
Result<Handle> OpenGate(Connection& tpm, uint32_t index);

}  // namespace holdfast::tpm
