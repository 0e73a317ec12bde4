// The units of a return, beside what the same host reported before.
#pragma once

#include "signer/server/licensing/returned_units.h"
#include "signer/server/store/store.h"

namespace holdfast {

struct CountedReturn {
  ReturnedUnits units;
  // What speaks against what is stated: "return.usage_shrank", "return.set_back", "return.disturbed" (returns.h).
  std::vector<std::string> notes;
};

// `terms`: of `returned`. Checks: store.corrupt.
Result<CountedReturn> CountReturned(Store& store, const ActivationRecord& returned, const LicenseTerms& terms,
                                    const std::optional<StatedUsage>& stated, Time now);

}  // namespace holdfast
