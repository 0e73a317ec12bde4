// Content keys that a license's plan names and that are not there: its requests are refused until they are.
#pragma once

#include "tools/vendor/office.h"

namespace holdfast::vendor {

// Names, ascending. Checks: those of FindSoldPlan and ContentKeys::List.
Result<std::vector<std::string>> MissingKeys(Store& store, const ContentKeys& keys,
                                             const LicenseRecord& license);
// For people, on standard error. Nothing when none is missing.
void WarnOfMissingKeys(const std::vector<std::string>& missing, const LicenseRecord& license);

}  // namespace holdfast::vendor
