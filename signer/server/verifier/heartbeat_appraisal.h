// Appraisal of a heartbeat: does the report come from the host whose activation it names, and does the TPM there vouch for its ledger's
// stamp? A list of named checks in a fixed order; the first that fails is the answer. What the report means beside those that came before
// it: heartbeat_lineage.h.
//
// What a good result does not say: that the report is the newest, or the only one of its kind, or that what it says of usage is true of anything
// but the ledger, and a hard meter, which the TPM vouches for itself; of a virtual TPM, that it exists once; of a host without a TPM, anything about its ledger at all.
#pragma once

#include <vector>

#include "protocol/heartbeat_report.h"
#include "protocol/tpm/structures.h"

namespace holdfast {

// What the vendor knows of the activation whose certificate the report names.
struct HeartbeatExpectation {
  std::string vendor, product, license;
  Bytes certificate;  // of the license, DER
  AssuranceClass assurance = AssuranceClass::kHwTpm;
  // With a TPM:
  Bytes ek_name;
  Bytes ak_public;                  // empty: activated before it was kept
  std::optional<LedgerPin> ledger;  // of the terms; absent: from before licenses were pinned
  struct Meter {
    std::string limit;
    MeterPin pin;
    int64_t before = 0;  // units that were used before it was charged
  };
  std::optional<Meter> meter = {};  // the hard one of the terms, where the TPM counts it
};

struct HeartbeatAppraisal {
  uint64_t counter = 0;  // of the ledger, as the TPM attests it; 0: nothing was attested
  tpm::ClockInfo clock;  // of the attest
  // Names: heartbeat.meter_unproven (the TPM's word on the hard meter is not there: it is lost, or was left out), heartbeat.meter_understated (the
  // report says fewer units than the TPM has counted, or none).
  std::vector<std::string> notes = {};
};

// Checks: tpm.<structure>.<what> (kMalformed) while reading, and the names below (kRefused).
Result<HeartbeatAppraisal> AppraiseHeartbeat(const Heartbeat& heartbeat,
                                             const HeartbeatExpectation& expected);

// The names of the checks in the order in which they run; docs/appraisal.md and the tests follow this list.
std::vector<std::string_view> HeartbeatCheckNames();

}  // namespace holdfast
