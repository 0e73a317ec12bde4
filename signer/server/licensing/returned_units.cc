#include "signer/server/licensing/returned_units.h"

#include <algorithm>

namespace holdfast {
namespace {

UnitCount HowToCount(const std::optional<StatedUsage>& stated, const LicenseTerms& terms) {
  if (MetersOf(terms.grants, terms.fallback).empty()) return UnitCount::kNone;
  if (!terms.returns.units) return UnitCount::kUsedUp;
  return stated ? UnitCount::kStated : UnitCount::kUnknown;
}

int64_t Sum(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

}  // namespace

std::vector<MeterUsage> ReturnedUnits::Used() const {
  std::vector<MeterUsage> used;
  for (const ReturnedMeter& each : meters)
    used.push_back({each.meter.limit, each.meter.period, each.since, each.counted});
  return used;
}

ReturnedUnits CountUnits(const std::optional<StatedUsage>& stated, const LicenseTerms& terms,
                         const std::vector<MeterUsage>& reported, Time now) {
  ReturnedUnits units{HowToCount(stated, terms), {}};
  for (Meter& meter : MetersOf(terms.grants, terms.fallback)) {
    const Time since = PeriodBegin(meter.period, now);
    const auto in = [&](const std::vector<MeterUsage>& usages) {
      return UsedBefore(usages, meter.limit, meter.period, since);
    };
    ReturnedMeter each{.since = since, .before = in(terms.used)};
    if (stated) each.stated = in(stated->usage);
    const int64_t own = in(reported);
    if (own > 0) each.reported = Sum(own, each.before);
    each.counted = std::max({each.stated.value_or(0), each.reported, each.before});
    if (units.count != UnitCount::kStated) each.counted = std::max(each.counted, meter.max);
    each.counted = std::min(each.counted, kMaxNumber);
    each.meter = std::move(meter);
    units.meters.push_back(std::move(each));
  }
  return units;
}

}  // namespace holdfast
