// The emergency period of a repair: a host that lost the hardware of its license works on until the answer is there, for as long as the license's
// terms say, once. Wants the state directory's lock held by the caller.
#pragma once

#include "agent/time_exchange.h"

namespace holdfast {

// After a request was made for the repair of the license that is installed for `product` (RequestOutcome::repairs_installed).
// `licenses`: proven. The end of the period while it runs. Nothing: there is none, because the license is not genuine, or at home here, its terms
// know no repairs, or its period is over. Checks: those of Books::BeginRepair.
Result<std::optional<Time>> BeginEmergency(const std::string& product,
                                           const std::vector<LicenseView>& licenses,
                                           const TimeKeeper& keeper);

}  // namespace holdfast
