#include "protocol/meter_usage.h"

#include <algorithm>

#include "protocol/terms_members.h"

namespace holdfast {
namespace {

using std::chrono::floor, std::chrono::year_month_day;

Result<MeterUsage> ParseUsage(const Json& item, const std::string& check, int64_t max_units, bool lenient) {
  JsonObject o(item, check);
  MeterUsage usage;
  usage.limit = o.String("limit", kMaxNameSize);
  if (!IsIdentifier(usage.limit)) o.Fault("limit", "not an identifier");
  usage.period = ReadMeterPeriod(o);
  usage.since = o.Time("since");
  usage.units = o.Integer("units", 0, max_units);
  HOLDFAST_CHECK(FinishMembers(o, item, lenient));
  return usage;
}

bool SamePeriod(const MeterUsage& a, const MeterUsage& b) {
  return a.limit == b.limit && a.period == b.period && a.since == b.since;
}

std::chrono::year_month FirstMonth(MeterPeriod period, Time time) {
  const year_month_day day{floor<std::chrono::days>(time)};
  return day.year() / (period == MeterPeriod::kYear ? std::chrono::January : day.month());
}

Time BeginOf(std::chrono::year_month month) {
  return Time(std::chrono::sys_days(month / 1));
}

void AddMeters(std::vector<Meter>& meters, const Grants& grants) {
  for (const auto& [name, limit] : grants.limits) {
    if (limit.kind != LimitKind::kMeter) continue;
    const Meter meter{name, limit.period, limit.max};
    const auto same = std::find_if(meters.begin(), meters.end(), [&](const Meter& each) {
      return each.limit == meter.limit && each.period == meter.period;
    });
    if (same == meters.end())
      meters.push_back(meter);
    else
      same->max = std::max(same->max, meter.max);
  }
}

}  // namespace

Result<std::vector<MeterUsage>> ParseMeterUsages(const Json& array, const std::string& check,
                                                 int64_t max_units, bool lenient) {
  std::vector<MeterUsage> usages;
  for (const Json& item : array) {
    HOLDFAST_TRY(MeterUsage usage, ParseUsage(item, check, max_units, lenient));
    for (const MeterUsage& other : usages)
      if (SamePeriod(usage, other)) return Malformed(check, "one period of a meter twice");
    usages.push_back(std::move(usage));
  }
  return usages;
}

Json FormatMeterUsages(const std::vector<MeterUsage>& usages) {
  Json array = Json::array();
  for (const MeterUsage& usage : usages)
    array.push_back({{"limit", usage.limit},
                     {"period", MeterPeriodName(usage.period)},
                     {"since", FormatTime(usage.since)},
                     {"units", usage.units}});
  return array;
}

Result<ReportedLedger> ParseReportedLedger(const Json& value, const std::string& check) {
  JsonObject o(value, check);
  ReportedLedger ledger;
  ledger.birth = o.Integer("birth", 1, INT64_MAX);
  ledger.stamp = o.Integer("stamp", 1, INT64_MAX);
  ledger.disturbed = o.Integer("disturbed", 0, INT64_MAX);
  HOLDFAST_CHECK(o.Finish());
  return ledger;
}

Json FormatReportedLedger(const ReportedLedger& ledger) {
  return {{"birth", ledger.birth}, {"stamp", ledger.stamp}, {"disturbed", ledger.disturbed}};
}

std::string UsedUpLines(const std::vector<MeterUsage>& usages) {
  std::string text;
  for (const MeterUsage& usage : usages) {
    text += "  Used up:  " + std::to_string(usage.units) + " of " + usage.limit;
    text += usage.period == MeterPeriod::kNever ? "\n" : " since " + FormatTime(usage.since) + "\n";
  }
  return text;
}

Time PeriodBegin(MeterPeriod period, Time time) {
  return period == MeterPeriod::kNever ? Time{} : BeginOf(FirstMonth(period, time));
}

std::optional<Time> PeriodEnd(MeterPeriod period, Time time) {
  if (period == MeterPeriod::kNever) return {};
  return BeginOf(FirstMonth(period, time) + std::chrono::months(period == MeterPeriod::kYear ? 12 : 1));
}

std::vector<Meter> MetersOf(const Grants& grants, const std::optional<Grants>& fallback) {
  std::vector<Meter> meters;
  AddMeters(meters, grants);
  if (fallback) AddMeters(meters, *fallback);
  return meters;
}

int64_t UsedBefore(const std::vector<MeterUsage>& used, const std::string& limit, MeterPeriod period,
                   Time since) {
  int64_t units = 0;
  for (const MeterUsage& usage : used)
    if (usage.limit == limit && usage.period == period && usage.since >= since)
      units = std::max(units, usage.units);
  return units;
}

}  // namespace holdfast
