#include "tools/vendor/license_end.h"

namespace holdfast::vendor {

Result<LicenseEnd> LicenseEnds::Of(const LicenseRecord& license) {
  const std::string name =
      license.product + "/" + std::to_string(license.product_version) + "/" + license.plan;
  auto sold = plans_.find(name);
  if (sold == plans_.end()) {
    HOLDFAST_TRY(SoldPlan read, FindSoldPlan(store_, license));
    sold = plans_.emplace(name, std::move(read)).first;
  }
  const Plan& plan = sold->second.plan;
  if (license.time_left) return LicenseEnd{{}, plan.expiry_grace};
  return LicenseEnd{EndOf(license, plan, now_), plan.expiry_grace};
}

void AddEnd(LicenseEnds& ends, const LicenseRecord& license, Json& json) {
  const auto end = ends.Of(license);
  if (end && end->expires) json["expires"] = FormatTime(*end->expires);
  json["expired"] = end && ends.IsOver(*end);
}

}  // namespace holdfast::vendor
