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

// Which of a host's counts, hard meters that were charged anew below 0; and what it began with.
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
  // Of a hard meter, whose count goes on whatever becomes of the ledger. The first goes on with what the ledger counted before it, in whose count it is
  // then; each that was charged anew begins with nothing.
  int OfMeter(const Bytes& host, const MeterPin& pin, int count) {
    auto& meters = hosts_[host].meters;
    const int number = meters.empty() ? count : -static_cast<int>(meters.size());
    return meters.try_emplace({pin.index, pin.base}, number).first->second;
  }

 private:
  struct Host {
    int count = 0;
    bool any = false;
    std::set<Sha256Digest> named;
    std::map<std::pair<uint32_t, int64_t>, int> meters;
  };
  std::map<Bytes, Host> hosts_;
};

// What a license says of the units that its host reports.
struct Meters {
  std::vector<MeterUsage> before;  // that it began with
  std::optional<MeterPin> pin;     // of the hard one, which the TPM counts
  std::string hard;
};
using MetersBySerial = std::map<Bytes, Meters>;  // of the license certificates

Result<MetersBySerial> FindMeters(Store& store, const std::string& license) {
  HOLDFAST_TRY(const auto activations, store.ListActivations(license));
  MetersBySerial meters;
  for (const ActivationRecord& activation : activations) {
    HOLDFAST_TRY(LicenseTerms terms, ParseTerms(activation.terms));
    HOLDFAST_TRY(const auto hard, FindHardLimit(terms.grants, terms.fallback, "terms"));
    meters[activation.serial] = {std::move(terms.used), terms.meter, hard ? hard->name : ""};
  }
  return meters;
}

int64_t UnitsBefore(const Meters& meters, const ReportedUsage& usage) {
  for (const MeterUsage& each : meters.before)
    if (each.limit == usage.limit && each.period == usage.period && each.since == usage.since)
      return each.units;
  return 0;
}

bool IsHard(const Meters& meters, const ReportedUsage& usage) {
  return meters.pin && usage.limit == meters.hard && usage.period == MeterPeriod::kNever;
}

}  // namespace

Result<std::vector<HostUsage>> AcknowledgedUsage(Store& store, const std::string& license,
                                                 const HeartbeatFilter& filter) {
  HOLDFAST_TRY(const auto heartbeats, store.ListHeartbeats(license));
  HOLDFAST_TRY(MetersBySerial meters_of, FindMeters(store, license));
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
    const Meters& meters = meters_of[parsed->report.serial];
    for (const ReportedUsage& usage : parsed->report.usage) {
      Total& total = totals[{heartbeat.ek_name, usage.limit, usage.period, usage.since}];
      const int number =
          IsHard(meters, usage) ? counts.OfMeter(heartbeat.ek_name, *meters.pin, count) : count;
      int64_t& units = total.by_count[{number, UnitsBefore(meters, usage)}];
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
