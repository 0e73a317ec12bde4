// When licenses end: each by its own end, or by the plan that it was sold with.
#pragma once

#include <map>

#include "signer/server/licensing/sold_plan.h"

namespace holdfast::vendor {

struct LicenseEnd {
  std::optional<Time> expires;  // absent: never, or it stands still
  Seconds grace{0};             // of its plan, after that
};

class LicenseEnds {
 public:
  LicenseEnds(Store& store, Time now) : store_(store), now_(now) {}

  // Checks: those of FindSoldPlan.
  Result<LicenseEnd> Of(const LicenseRecord& license);
  bool IsExpired(const LicenseEnd& end) const { return end.expires && *end.expires < now_; }
  bool IsOver(const LicenseEnd& end) const { return end.expires && *end.expires + end.grace < now_; }

 private:
  Store& store_;
  Time now_;
  std::map<std::string, SoldPlan> plans_;  // by product, version and plan
};

// Adds "expires" (absent: never, it stands still, or its plan cannot be read) and "expired" (its grace is over, too) to a license's members.
void AddEnd(LicenseEnds& ends, const LicenseRecord& license, Json& json);

}  // namespace holdfast::vendor
