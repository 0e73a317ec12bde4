#include "signer/server/licensing/license_changes.h"

#include <algorithm>

#include "certs/certificate.h"

namespace holdfast {
namespace {

Status CheckChangeable(const LicenseRecord& license) {
  if (license.status != LicenseStatus::kRevoked) return {};
  return Fail(ErrorKind::kConflict, "store.status",
              "license " + license.id + " is revoked, which is final: nothing of it changes any more",
              "sell a new license with `holdfast-vendor license new`");
}

Result<Time> Later(const LicenseRecord& license, const Plan& plan, Seconds length, Time now) {
  const auto end = EndOf(license, plan, now);
  if (!end)
    return Fail(ErrorKind::kConflict, "licensing.perpetual", "license " + license.id + " never expires",
                "give it an end with --until, if that is what is meant");
  return std::max(*end, now) + length;
}

// Absent: the plan's.
Result<std::optional<Time>> NewEnd(const LicenseRecord& license, const Plan& plan, const Renewal& renewal,
                                   Time now) {
  if (std::holds_alternative<ByPlan>(renewal)) return std::optional<Time>();
  if (const Time* until = std::get_if<Time>(&renewal)) return std::optional(*until);
  HOLDFAST_TRY(const Time end, Later(license, plan, std::get<Seconds>(renewal), now));
  return std::optional(end);
}

Status CheckEnd(const std::optional<Time>& end, const Plan& plan, Time now) {
  if (!end) return {};
  if (*end <= now)
    return Malformed("licensing.until", FormatTime(*end) + " is not after now",
                     "to end a license now, use `holdfast-vendor license revoke`");
  if (*end <= kNoExpiry - plan.expiry_grace) return {};
  return Malformed("licensing.until", "that is later than the year 9999 with the plan's grace",
                   "choose an earlier end");
}

// A certificate for a host that the plan does not allow would be a gift; refusing it at the host's next report would be a surprise.
Status CheckHosts(Store& store, const LicenseRecord& license, const std::string& name, const Plan& plan) {
  HOLDFAST_TRY(const auto activations, store.ListActivations(license.id));
  for (const ActivationRecord& activation : activations) {
    if (!IsInUse(activation)) continue;
    HOLDFAST_TRY(const LicenseTerms terms, ParseTerms(activation.terms));
    if (std::ranges::find(plan.assurance, terms.assurance) != plan.assurance.end()) continue;
    return Fail(ErrorKind::kConflict, "licensing.assurance",
                "the license is active on a host of class " + std::string(AssuranceName(terms.assurance)) +
                    ", which plan \"" + name + "\" does not allow",
                "release activation " + activation.id + " first, or choose another plan");
  }
  return {};
}

}  // namespace

Result<LicenseChange> RenewLicense(Store& store, const Change& change, const std::string& license,
                                   const Renewal& renewal, bool dry_run) {
  HOLDFAST_TRY(const LicenseRecord before, store.GetLicense(license));
  HOLDFAST_CHECK(CheckChangeable(before));
  HOLDFAST_TRY(const SoldPlan sold, FindSoldPlan(store, before));
  LicenseRecord after = before;
  HOLDFAST_TRY(after.ends, NewEnd(before, sold.plan, renewal, change.at));
  after.time_left.reset();
  // Its own end as it was given: EndOf cuts it to what a certificate can hold.
  HOLDFAST_CHECK(
      CheckEnd(after.ends ? after.ends : EndOf(after, sold.plan, change.at), sold.plan, change.at));
  if (!dry_run) {
    HOLDFAST_TRY(after, store.SetLicenseEnd(change, license, after.ends));
  }
  return LicenseChange{before, after, EndOf(before, sold.plan, change.at), EndOf(after, sold.plan, change.at),
                       before.ends != after.ends || before.time_left};
}

Result<LicenseChange> ChangeLicensePlan(Store& store, const Change& change, const std::string& license,
                                        const std::string& plan, bool dry_run) {
  HOLDFAST_TRY(const LicenseRecord before, store.GetLicense(license));
  HOLDFAST_CHECK(CheckChangeable(before));
  HOLDFAST_TRY(const SoldPlan sold, FindSoldPlan(store, before));
  HOLDFAST_TRY(const ProductRecord newest, store.GetProduct(before.product));
  HOLDFAST_TRY(const ProductFile product, ParseProductFile(newest.file));
  const auto wanted = product.plans.find(plan);
  if (wanted == product.plans.end())
    return Fail(ErrorKind::kNotFound, "licensing.plan",
                "product \"" + before.product + "\" has no plan \"" + plan + "\"",
                "see `holdfast-vendor product show " + before.product + "`");
  if (product.line != sold.line)
    return Fail(ErrorKind::kConflict, "licensing.line",
                "the product moved from line \"" + sold.line + "\" to line \"" + product.line + "\" since",
                "sell a new license with `holdfast-vendor license new`");
  HOLDFAST_CHECK(CheckHosts(store, before, plan, wanted->second));
  LicenseRecord after = before;
  after.plan = plan;
  after.product_version = newest.version;
  if (!dry_run) {
    HOLDFAST_TRY(after, store.SetLicensePlan(change, license, plan, newest.version));
  }
  return LicenseChange{before, after, EndOf(before, sold.plan, change.at),
                       EndOf(after, wanted->second, change.at),
                       before.plan != after.plan || before.product_version != after.product_version};
}

}  // namespace holdfast
