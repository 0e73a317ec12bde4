// Renewals and changes of plan of licenses that are sold. They need no signer: a host gets its new certificate with the answer to its next
// heartbeat, and a new activation has it at once.
#pragma once

#include <variant>

#include "signer/server/licensing/sold_plan.h"

namespace holdfast {

struct LicenseChange {
  LicenseRecord before, after;
  std::optional<Time> end_before, end_after;  // absent: never
  bool changed = false;                       // or would be
};

// A license that stands still runs again: until a moment, for a length of time from its present end or from now where that is past, or for
// as long as its plan says.
struct ByPlan {};
using Renewal = std::variant<Time, Seconds, ByPlan>;

// Checks: those of FindSoldPlan, store.license, licensing.perpetual (kConflict: a length, and it never ends), licensing.until (not after
// now, or later than there are dates), store.status (revoked).
Result<LicenseChange> RenewLicense(Store& store, const Change& change, const std::string& license,
                                   const Renewal& renewal, bool dry_run);

// To a plan of the newest version of its product's file; its own end, if it has one, stays. Checks: those of FindSoldPlan, store.license,
// licensing.plan (kNotFound), licensing.line (kConflict: the product moved to another line), licensing.assurance (kConflict: it is active on a host of a
// class that the plan does not allow), store.status (revoked).
Result<LicenseChange> ChangeLicensePlan(Store& store, const Change& change, const std::string& license,
                                        const std::string& plan, bool dry_run);

}  // namespace holdfast
