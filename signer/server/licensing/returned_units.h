// The units that an activation had used up when it was returned, and which the next one goes on with. Pure.
#pragma once

#include "protocol/return_statement.h"
#include "signer/server/store/records.h"

namespace holdfast {

struct ReturnedMeter {
  Meter meter;
  Time since;                     // the beginning of the present period
  int64_t counted = 0;            // as used up
  std::optional<int64_t> stated;  // by the return statement: a claim
  int64_t reported = 0;           // by heartbeats: claims, each made before the next
  int64_t before = 0;             // that the activation began with
};

struct ReturnedUnits {
  UnitCount count = UnitCount::kNone;
  std::vector<ReturnedMeter> meters;

  std::vector<MeterUsage> Used() const;
};

// Of the meters that the returned license names, in the period that `now` is in. What was used in one that begins later, by a host that is ahead
// in time, counts in that one too. The largest of what is known counts; where the license credits no units, or nothing is stated, no less than the whole
// limit. `reported`: used up on that host under this license, without what it began with.
ReturnedUnits CountUnits(const std::optional<StatedUsage>& stated, const LicenseTerms& terms,
                         const std::vector<MeterUsage>& reported, Time now);

}  // namespace holdfast
