// The emergency period of a repair: a host that lost the hardware of its license works on until the answer is there, for as long as the license's
// terms say, once. Wants the state directory's lock held by the caller.
#pragma once

#include "agent/time_exchange.h"

namespace holdfast {

// After a request of this kind was made for `product`. `licenses`: proven. Nothing: there is no emergency period, because no license is
// installed that is genuine and not at home here, or its terms know no repairs. Checks: those of Books::BeginRepair.
Result<std::optional<Time>> BeginEmergency(const std::string& product,
                                           const std::vector<LicenseView>& licenses,
                                           const TimeKeeper& keeper);

}  // namespace holdfast
