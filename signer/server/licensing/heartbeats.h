// The vendor's side of a heartbeat (docs/heartbeat.md): what a host reports is appraised, judged beside what it reported before, acknowledged,
// and answered with the certificate that the license stands for now and the newest lists.
#pragma once

#include "protocol/heartbeat_answer.h"
#include "signer/server/licensing/licensing.h"
#include "signer/server/verifier/heartbeat_lineage.h"

namespace holdfast {

// Name of a check: something that the answer stands on changed while it was made. AnswerHeartbeat begins anew, some times.
inline constexpr std::string_view kOvertaken = "heartbeat.overtaken";

struct HeartbeatOptions {
  std::vector<std::string> notices;  // for people at the host
  bool dry_run = false;              // say what would come of it; nothing is signed or stored
};

struct AnsweredHeartbeat {
  LicenseRecord license;        // after it
  ActivationRecord activation;  // whose certificate the answer brings
  LicenseTerms terms;           // of that
  bool expired = false;         // its grace is over, too: the license was not renewed
  bool renewed = false;         // the host gets another certificate than the one that it reports with
  SignedHeartbeatReport report;
  Lineage lineage;                       // empty when `repeated`
  std::optional<HeartbeatRecord> other;  // that it forks from, or does not follow as it says
  ClonePolicy policy = ClonePolicy::kWarn;
  bool suspended = false;  // by this heartbeat
  HeartbeatAnswer answer;
  std::string file;  // for the host
  std::vector<std::string> notes;
  Time seen;              // when it was recorded
  bool repeated = false;  // the same report was answered before: the same answer
};

// Checks of Licensing::AnswerHeartbeat, in this order: heartbeat.notices (kMalformed: too many, or too long), those of ReadHeartbeatFile,
// heartbeat.vendor (kRefused), those of FindReporter, of AppraiseHeartbeat, of CheckInForce, heartbeat.fork and heartbeat.set_back (kDenied: the plan refuses a second host with one TPM
// state), those of AskSigner, and when a certificate is issued those of Licensing::Answer from licensing.line on; of SignHeartbeatAnswer;
// licensing.certificate (kConflict: the license's status changed meanwhile), heartbeat.overtaken (kUnavailable).
//
// A license that is suspended or revoked is answered too: that is how its host learns it. The same report again gets the same answer, octet for
// octet. Repeatable after a crash at any point: what was reserved or issued for a report is found by its id.

}  // namespace holdfast
