#include "signer/server/licensing/sold_plan.h"

#include <algorithm>

#include "certs/certificate.h"
#include "protocol/meter_usage.h"

namespace holdfast {
namespace {

std::vector<MeterUsage> UnitsBefore(const Plan& plan, const LicensedHost& host) {
  std::vector<MeterUsage> all;
  for (const Meter& meter : MetersOf(plan.grants, plan.fallback)) {
    const bool charged =
        host.meter && host.meter->charged_limit == meter.limit && meter.period == MeterPeriod::kNever;
    for (const MeterUsage& used : charged ? host.meter->used_before : host.used)
      if (used.limit == meter.limit && used.period == meter.period) all.push_back(used);
  }
  return all;
}

}  // namespace

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
                     const LicensedHost& host, Time now) {
  const auto pin = host.meter ? std::optional(host.meter->pin) : std::nullopt;
  LicenseTerms terms = ResolvePlan(plan, {license.id, vendor, license.product, license.plan, license.created,
                                          host.assurance, host.fingerprint, host.ledger, pin});
  // With its grace it must be a date that a certificate can hold.
  const Time last = kNoExpiry - terms.expiry_grace;
  if (license.ends) terms.expires = std::min(*license.ends, last);
  if (license.time_left) terms.expires = std::min(now + std::min(*license.time_left, last - now), last);
  terms.used = UnitsBefore(plan, host);
  return terms;
}

std::optional<Time> EndOf(const LicenseRecord& license, const Plan& plan, Time now) {
  return TermsOf(license, plan, {}, {}, now).expires;
}

}  // namespace holdfast
