// Who reports: the activation that a heartbeat names, and what is on record of its host.
#pragma once

#include "signer/server/licensing/licensing.h"
#include "signer/server/verifier/heartbeat_appraisal.h"
#include "signer/server/verifier/heartbeat_lineage.h"

namespace holdfast {

struct Reporter {
  LicenseRecord license;
  ActivationRecord named;                   // whose certificate the report names
  LicenseTerms terms;                       // of that
  std::optional<ActivationRecord> current;  // in force for the same key: that, or what renewed it since
  std::vector<ActivationRecord> of_key;  // all that were issued for the same key, oldest first: that is one
  bool returned = false;                 // a proof that the key is dead was accepted
  std::vector<HeartbeatRecord> past;     // of the same host, in the order in which they were recorded
};

// Check: heartbeat.activation (kNotFound: no activation has the certificate).
Result<Reporter> FindReporter(Store& store, const HeartbeatReport& report);

HeartbeatExpectation ExpectationOf(const Reporter& reporter, const std::string& vendor);

// Is there a license for the key that reports? Checks, all kConflict: heartbeat.returned, heartbeat.released, heartbeat.superseded (by
// another request of the host, with another key). What became of the newest that was issued for it is told.
Status CheckInForce(const Reporter& reporter);

// Judges beside the newest kJudgedReports of `past`; indices of the result are of `past`. On a TPM in hardware a state that was put back, and says so, is
// `restored` and no fork where that denies (docs/decisions/0113). Checks: store.corrupt (a recorded report cannot be read).
Result<Lineage> LineageOf(const Reporter& reporter, const SignedHeartbeatReport& report, Time now);

// Names of what was found, for records: heartbeat.fork, heartbeat.set_back, heartbeat.gap, heartbeat.late, heartbeat.reset, heartbeat.restored, heartbeat.unknown_answer,
// heartbeat.disturbed, heartbeat.usage_shrank, heartbeat.usage_forgotten.
std::vector<std::string> NotesOf(const Lineage& lineage);

// "host "a" reported number 7 on ..., with its counter at 12, and this is number 7 of host "b", ...".
std::string DescribeFork(const HeartbeatRecord& other, const HeartbeatReport& now, Time seen);

std::string HostNameOf(const HeartbeatReport& report);  // that the site shares; else empty

}  // namespace holdfast
