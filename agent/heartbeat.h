// The heartbeat by file, on the host: a report for the vendor is made, and his answer applied (docs/heartbeat.md). Both functions
// want the state directory's lock held by the caller, and can be stopped anywhere and done again.
#pragma once

#include "agent/time_exchange.h"

namespace holdfast {

struct ReportOptions {
  std::string product;  // empty: the only one
  std::map<std::string, std::string> host_facts;
  std::string agent_version;
  std::vector<MeterRecord> used;  // of the meters, where it is known better than the ledger does
};
struct HeartbeatOutcome {
  std::string product, license;
  int64_t sequence = 0;
  std::string file;  // armored
};
// A report that is on record in the ledger before it is given out.
// Checks: heartbeat.nothing (kNotFound), heartbeat.product (kUsage: several), those of Books::BeginReport and Sent, of the TPM and of
// ReadHostKeys.
Result<HeartbeatOutcome> MakeHeartbeat(const ReportOptions& options, const Hardware& hardware,
                                       const StateDirectory& state, const TrustAnchors& anchors,
                                       const TimeKeeper& keeper);

// Installs the license file in it, and takes note that the vendor has what was reported. The last one applied again changes nothing.
// Checks: those of ReadHeartbeatAnswerFile, VerifyVendorSignature and Install; heartbeat_answer.license (kRefused: it is for
// another license than is installed), heartbeat_answer.report.
Result<InstallOutcome> ApplyHeartbeatAnswer(std::string_view file_text, const Hardware& hardware,
                                            const StateDirectory& state, const TrustAnchors& anchors,
                                            const TimeKeeper& keeper);

}  // namespace holdfast
