// How a hard meter comes to be, is charged, and goes (HardMeters in tpm.h).
#pragma once

#include "agent/tpm/connection.h"
#include "agent/tpm/tpm.h"

namespace holdfast::tpm {

Result<std::optional<uint64_t>> PrepareMeter(Connection& tpm, uint32_t counter_index);
Status ChargeMeter(Connection& tpm, const HardMeter& meter);
Status DropMeter(Connection& tpm, uint32_t counter_index);

}  // namespace holdfast::tpm
