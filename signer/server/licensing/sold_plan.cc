#include "signer/server/licensing/sold_plan.h"

#include <algorithm>

#include "certs/certificate.h"

namespace holdfast {

Result<SoldPlan> FindSoldPlan(Store& store, const LicenseRecord& license) {
  HOLDFAST_TRY(const ProductRecord record, store.GetProduct(license.product, license.product_version));
  HOLDFAST_TRY(ProductFile product, ParseProductFile(record.file));
  const auto plan = product.plans.find(license.plan);
  if (plan != product.plans.end()) return SoldPlan{std::move(product.line), std::move(plan->second)};
  return Fail(ErrorKind::kInternal, "licensing.plan",
              "product \"" + license.product + "\" has no plan \"" + license.plan + "\" in version " +
                  std::to_string(record.version));
}

LicenseTerms TermsOf(const LicenseRecord& license, const Plan& plan, const std::string& vendor,
                     const HostTerms& host) {
  LicenseTerms terms = ResolvePlan(plan, {license.id, vendor, license.product, license.plan, license.created,
                                          host.assurance, host.fingerprint, host.ledger, host.meter});
  // With its grace it must be a date that a certificate can hold.
  if (license.ends) terms.expires = std::min(*license.ends, kNoExpiry - terms.expiry_grace);
  return terms;
}

std::optional<Time> EndOf(const LicenseRecord& license, const Plan& plan) {
  return TermsOf(license, plan, {}, {}).expires;
}

}  // namespace holdfast
