#include "signer/server/licensing/usage.h"

#include <algorithm>
#include <map>
#include <set>
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

// Which of a host's counts, and what it began with.
struct Count {
  int number = 0;
  int64_t before = 0;
  auto operator<=>(const Count&) const = default;
};

struct Total {
  std::map<Count, int64_t> by_count;  // units
  Time acknowledged;
};

// A ledger that is made anew from a file that could be read goes on with its meters and its conversation. Where that is gone, reports begin with
// number 1 again, and so do the meters: their units come on top. A first report that arrives late was named by a later one.
class Counts {
 public:
  int Of(const Bytes& host, const SignedHeartbeatReport& report) {
    Host& known = hosts_[host];
    const bool begins = report.report.sequence == 1 && !known.named.contains(report.id);
    if (begins && known.any) known.count++;
    known.any = true;
    known.named.insert(report.report.unanswered.begin(), report.report.unanswered.end());
    return known.count;
  }

 private:
  struct Host {
    int count = 0;
    bool any = false;
    std::set<Sha256Digest> named;
  };
  std::map<Bytes, Host> hosts_;
};

// By serial number of the license certificates.
using UnitsBefore = std::map<Bytes, std::vector<MeterUsage>>;

Result<UnitsBefore> FindUnitsBefore(Store& store, const std::string& license) {
  HOLDFAST_TRY(const auto activations, store.ListActivations(license));
  UnitsBefore before;
  for (const ActivationRecord& activation : activations) {
    if (activation.takes_over.empty()) continue;
    HOLDFAST_TRY(LicenseTerms terms, ParseTerms(activation.terms));
    before[activation.serial] = std::move(terms.used);
  }
  return before;
}

int64_t UnitsOf(const std::vector<MeterUsage>& before, const ReportedUsage& usage) {
  for (const MeterUsage& each : before)
    if (each.limit == usage.limit && each.period == usage.period && each.since == usage.since)
      return each.units;
  return 0;
}

}  // namespace

Result<std::vector<HostUsage>> AcknowledgedUsage(Store& store, const std::string& license,
                                                 const HeartbeatFilter& filter) {
  HOLDFAST_TRY(const auto heartbeats, store.ListHeartbeats(license));
  HOLDFAST_TRY(UnitsBefore units_before, FindUnitsBefore(store, license));
  std::map<Period, Total> totals;
  std::map<Bytes, std::string> hosts;
  Counts counts;
  for (const HeartbeatRecord& heartbeat : heartbeats) {
    const auto parsed = ParseHeartbeatReport(heartbeat.report);
    if (!parsed)
      return Malformed("store.corrupt", "a recorded heartbeat cannot be read: " + parsed.error().message,
                       "restore the store from a backup");
    if (!heartbeat.host.empty()) hosts[heartbeat.ek_name] = heartbeat.host;
    const int count = counts.Of(heartbeat.ek_name, *parsed);
    if (filter && !filter(heartbeat)) continue;
    const auto& before = units_before[parsed->report.serial];
    for (const ReportedUsage& usage : parsed->report.usage) {
      Total& total = totals[{heartbeat.ek_name, usage.limit, usage.period, usage.since}];
      int64_t& units = total.by_count[{count, UnitsOf(before, usage)}];
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
    for (const auto& [count, units] : total.by_count) {
      const int64_t own = std::max<int64_t>(units - count.before, 0);
      if (__builtin_add_overflow(usage.usage.units, own, &usage.usage.units)) usage.usage.units = INT64_MAX;
    }
    all.push_back(std::move(usage));
  }
  return all;
}

}  // namespace holdfast
