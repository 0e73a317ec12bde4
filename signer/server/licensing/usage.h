// What was used up, as the heartbeats that were answered say.
#pragma once

#include "protocol/heartbeat_report.h"
#include "signer/server/store/store.h"

namespace holdfast {

// Of one meter in one period on one host.
struct HostUsage {
  std::string license;
  Bytes ek_name;
  std::string host;  // the name that it shared last; may be empty
  ReportedUsage usage;
  Time acknowledged;  // the newest report that says it
};

// By host, limit and period, oldest first. Reports are cumulative: of each ledger the highest counts, and a ledger that was made anew adds to the one
// before, but for a hard meter that was not charged anew: the TPM counts on. Of two copies of one state, too, only the higher one counts. What a host's license says was used before, by an activation that was
// returned, is in what it reports, and taken off. Of the reports that the filter takes. Check: store.corrupt.
using HeartbeatFilter = std::function<bool(const HeartbeatRecord&)>;
Result<std::vector<HostUsage>> AcknowledgedUsage(Store& store, const std::string& license,
                                                 const HeartbeatFilter& filter = {});

}  // namespace holdfast
