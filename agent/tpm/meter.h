// Hard meters (HardMeters in tpm.h): a PIN_PASS index that the TPM counts in, and a counter of the gate's form beside it.
#pragma once

#include "agent/tpm/connection.h"
#include "agent/tpm/tpm.h"

namespace holdfast::tpm {

// Check: tpm.meter when the counter is gone or is not one.
Result<Handle> OpenMeterCounter(Connection& tpm, uint32_t counter_index);

// As HardMeters::MeterUsed and UseMeter.
Result<int64_t> MeterUsed(Connection& tpm, const KeySet& keys, const HardMeter& meter);
Result<HardMeters::Use> UseMeter(Connection& tpm, const KeySet& keys, const HardMeter& meter, int64_t amount);

}  // namespace holdfast::tpm
