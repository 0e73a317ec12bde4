#include "signer/server/licensing/usage.h"

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

struct Total {
  std::map<int, int64_t> by_count;  // units, by which of the host's counts
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

}  // namespace

Result<std::vector<HostUsage>> AcknowledgedUsage(Store& store, const std::string& license) {
  HOLDFAST_TRY(const auto heartbeats, store.ListHeartbeats(license));
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
    for (const ReportedUsage& usage : parsed->report.usage) {
      Total& total = totals[{heartbeat.ek_name, usage.limit, usage.period, usage.since}];
      int64_t& units = total.by_count[count];
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
    for (const auto& [count, units] : total.by_count)
      if (__builtin_add_overflow(usage.usage.units, units, &usage.usage.units)) usage.usage.units = INT64_MAX;
    all.push_back(std::move(usage));
  }
  return all;
}

}  // namespace holdfast
