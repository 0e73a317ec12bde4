// What a host states of its meters and of the ledger that counts them: heartbeats and returns say it in the same words, and license terms
// say in them what was used up before. And when the periods of meters begin.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/terms.h"

namespace holdfast {

inline constexpr size_t kMaxReportedUsage = 256;
inline constexpr size_t kMaxUsedMeters = 2 * kMaxLimits;  // an edition's, and its fallback's

// The ledger that was read: docs/ledger.md.
struct ReportedLedger {
  int64_t birth = 0, stamp = 0, disturbed = 0;
  bool operator==(const ReportedLedger&) const = default;
};

// Array of {"limit", "period", "since", "units"}. Checks: <check> (one period of a meter twice), <check>.<member>.
Result<std::vector<MeterUsage>> ParseMeterUsages(const Json& array, const std::string& check,
                                                 int64_t max_units = INT64_MAX, bool lenient = false);
Json FormatMeterUsages(const std::vector<MeterUsage>& usages);
// {"birth", "stamp", "disturbed"}. Checks: <check>.<member>.
Result<ReportedLedger> ParseReportedLedger(const Json& value, const std::string& check);
Json FormatReportedLedger(const ReportedLedger& ledger);
// "  Used up:  30 of renders since ...", a line each: of a file's preamble.
std::string UsedUpLines(const std::vector<MeterUsage>& usages);

// The period that `time` is in: [begin, end), of the UTC calendar. kNever: from the epoch on, without end.
Time PeriodBegin(MeterPeriod period, Time time);
std::optional<Time> PeriodEnd(MeterPeriod period, Time time);

// A meter that an edition names, or its fallback; the larger limit where both do.
struct Meter {
  std::string limit;
  MeterPeriod period = MeterPeriod::kNever;
  int64_t max = 0;
};
std::vector<Meter> MetersOf(const Grants& grants, const std::optional<Grants>& fallback);

// What `used` says of a meter in the period that begins at `since`; 0: nothing. What was used in a period that begins later counts too: who
// said so was ahead in time.
int64_t UsedBefore(const std::vector<MeterUsage>& used, const std::string& limit, MeterPeriod period,
                   Time since);

}  // namespace holdfast
