#include "signer/server/licensing/usage.h"

#include <map>
#include <tuple>

namespace holdfast {
namespace {

struct Period {
  Bytes ek_name;
  std::string limit;
  MeterPeriod period;
  Time since;
  auto operator<=>(const Period&) const = default;
};

struct Total {
  std::map<int64_t, int64_t> by_ledger;  // units, by the birth of the ledger
  Time acknowledged;
};

}  // namespace

Result<std::vector<HostUsage>> AcknowledgedUsage(Store& store, const std::string& license) {
  HOLDFAST_TRY(const auto heartbeats, store.ListHeartbeats(license));
  std::map<Period, Total> totals;
  std::map<Bytes, std::string> hosts;
  for (const HeartbeatRecord& heartbeat : heartbeats) {
    const auto parsed = ParseHeartbeatReport(heartbeat.report);
    if (!parsed)
      return Malformed("store.corrupt", "a recorded heartbeat cannot be read: " + parsed.error().message,
                       "restore the store from a backup");
    if (!heartbeat.host.empty()) hosts[heartbeat.ek_name] = heartbeat.host;
    for (const ReportedUsage& usage : parsed->report.usage) {
      Total& total = totals[{heartbeat.ek_name, usage.limit, usage.period, usage.since}];
      int64_t& units = total.by_ledger[heartbeat.birth];
      units = std::max(units, usage.units);
      total.acknowledged = heartbeat.seen;
    }
  }
  std::vector<HostUsage> all;
  for (const auto& [period, total] : totals) {
    HostUsage usage{license,
                    period.ek_name,
                    hosts[period.ek_name],
                    {period.limit, period.period, period.since, 0},
                    total.acknowledged};
    for (const auto& [birth, units] : total.by_ledger)
      if (__builtin_add_overflow(usage.usage.units, units, &usage.usage.units)) usage.usage.units = INT64_MAX;
    all.push_back(std::move(usage));
  }
  return all;
}

}  // namespace holdfast
