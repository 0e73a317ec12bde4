#include "signer/server/licensing/count_returned.h"

#include <algorithm>

#include "signer/server/licensing/usage.h"

namespace holdfast {
namespace {

// The heartbeats that say what was used up until the return: of the same host, after it returned the license for the last time before, and not of a
// license key that it got later.
Result<HeartbeatFilter> ReportsBefore(Store& store, const ActivationRecord& returned) {
  HOLDFAST_TRY(const auto activations, store.ListActivations(returned.license));
  HOLDFAST_TRY(const auto returns, store.ListReturns(returned.license));
  std::vector<std::string> until, later;
  for (const ActivationRecord& each : activations) {
    if (each.ek_name != returned.ek_name) continue;
    later.push_back(each.id);
    if (each.license_key_name != returned.license_key_name) continue;
    until.insert(until.end(), later.begin(), later.end());
    later.clear();
  }
  Time last{};
  for (const ReturnRecord& record : returns)
    if (record.activation != returned.id && std::ranges::find(until, record.activation) != until.end())
      last = std::max(last, record.accepted);
  return HeartbeatFilter([until = std::move(until), last](const HeartbeatRecord& heartbeat) {
    return heartbeat.seen > last && std::ranges::find(until, heartbeat.activation) != until.end();
  });
}

Result<std::vector<MeterUsage>> ReportedBy(Store& store, const ActivationRecord& returned,
                                           const HeartbeatFilter& filter) {
  HOLDFAST_TRY(const auto hosts, AcknowledgedUsage(store, returned.license, filter));
  std::vector<MeterUsage> reported;
  for (const HostUsage& host : hosts) reported.push_back(host.usage);
  return reported;
}

// What speaks against the units that are stated.
Result<std::vector<std::string>> DoubtsAbout(Store& store, const ActivationRecord& returned,
                                             const LicenseTerms& terms, const StatedUsage& stated,
                                             const ReturnedUnits& units, const HeartbeatFilter& filter) {
  std::vector<std::string> doubts;
  const bool shrank = std::ranges::any_of(
      units.meters, [](const ReturnedMeter& each) { return each.stated && *each.stated < each.reported; });
  if (shrank) doubts.emplace_back("return.usage_shrank");
  HOLDFAST_TRY(const auto heartbeats, store.ListHeartbeats(returned.license));
  const bool set_back = std::ranges::any_of(heartbeats, [&](const HeartbeatRecord& heartbeat) {
    return filter(heartbeat) && heartbeat.counter > static_cast<uint64_t>(stated.ledger.stamp);
  });
  if (set_back) doubts.emplace_back("return.set_back");
  if (terms.ledger && stated.ledger.disturbed > terms.ledger->base) doubts.emplace_back("return.disturbed");
  return doubts;
}

}  // namespace

Result<CountedReturn> CountReturned(Store& store, const ActivationRecord& returned, const LicenseTerms& terms,
                                    const std::optional<StatedUsage>& stated, Time now) {
  HOLDFAST_TRY(const HeartbeatFilter filter, ReportsBefore(store, returned));
  HOLDFAST_TRY(const auto reported, ReportedBy(store, returned, filter));
  CountedReturn counted{CountUnits(stated, terms, reported, now), {}};
  if (stated) {
    HOLDFAST_TRY(counted.notes, DoubtsAbout(store, returned, terms, *stated, counted.units, filter));
  }
  return counted;
}

}  // namespace holdfast
