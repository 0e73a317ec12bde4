// What a license was sold with, and the terms that come of it now.
#pragma once

#include "protocol/terms.h"
#include "signer/server/licensing/meter_pin.h"
#include "signer/server/store/store.h"

namespace holdfast {

struct SoldPlan {
  std::string line;  // the product's: which issuing key signs
  Plan plan;
};

// From the version of the product file that the license has. Checks: store.product, those of ParseProductFile, licensing.plan.
Result<SoldPlan> FindSoldPlan(Store& store, const LicenseRecord& license);

// What of the terms is the host's.
struct LicensedHost {
  AssuranceClass assurance = AssuranceClass::kHwTpm;
  Fingerprint fingerprint = {};
  std::optional<LedgerPin> ledger = {};
  std::optional<PinnedMeter> meter = {};
  std::vector<MeterUsage> used = {};  // by what it goes on with
};
// As ResolvePlan, with the license's own end, if it has one, in place of the plan's; of a license that stands still with the time that is left,
// from now on. Of `used`, the meters of the plan, but of a hard one that is charged already what it was charged with.
LicenseTerms TermsOf(const LicenseRecord& license, const Plan& plan, const std::string& vendor,
                     const LicensedHost& host, Time now);

// When it expires, would it run from now on if it stands still; absent: never.
std::optional<Time> EndOf(const LicenseRecord& license, const Plan& plan, Time now);

}  // namespace holdfast
