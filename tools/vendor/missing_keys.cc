#include "tools/vendor/missing_keys.h"

#include <iostream>

#include "signer/server/licensing/sold_plan.h"

namespace holdfast::vendor {

Result<std::vector<std::string>> MissingKeys(Store& store, const ContentKeys& keys,
                                             const LicenseRecord& license) {
  HOLDFAST_TRY(const SoldPlan sold, FindSoldPlan(store, license));
  std::set<std::string> named = AllKeys(sold.plan.grants, sold.plan.fallback);
  HOLDFAST_TRY(const auto all, keys.List());
  for (const ContentKeyId& id : all)
    if (id.product == license.product) named.erase(id.name);
  return std::vector<std::string>(named.begin(), named.end());
}

void WarnOfMissingKeys(const std::vector<std::string>& missing, const LicenseRecord& license) {
  for (const std::string& name : missing)
    std::cerr << "WARNING: plan " << license.plan << " names the content key " << name
              << ", which is not there; until then no request is answered: holdfast-vendor key add " << name
              << " --product " << license.product << "\n";
}

}  // namespace holdfast::vendor
