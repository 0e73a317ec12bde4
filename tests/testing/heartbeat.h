// What a host reports: its place in the chain of its reports, and the heartbeat of a SoftwareTpm.
#pragma once

#include "certs/certificate.h"
#include "protocol/crypto/ec_private_key.h"
#include "protocol/heartbeat_report.h"
#include "tests/testing/evidence.h"

namespace holdfast::testing {

// The state that the chain is made from. A copy of it is a clone.
struct ReportingHost {
  std::string name = "render-01";
  ReportedLedger ledger{41, 41, 0};
  int64_t sequence = 0;
  std::optional<Sha256Digest> answer;
  int64_t answered = 0;                                // sequence of the report that it answers
  std::vector<std::pair<int64_t, Sha256Digest>> made;  // since, by sequence
  std::vector<ReportedUsage> usage;
  bool by_tpm = true;

  HeartbeatReport Next();  // a commit of the ledger; then Made() with its id
  void Made(const Sha256Digest& id);
  // Answers are applied in order: an older one than the last is left alone.
  void Apply(const Sha256Digest& answer_id, int64_t report_sequence);
  void ResetLedger(int64_t birth);  // made anew, with all that was in it gone
};

// Completes the report by the certificate, signs it by the TPM's license key, and attests the stamp by its AK. The attest's clock is one second after
// the TPM's.
Heartbeat BuildHeartbeat(SoftwareTpm& tpm, const Certificate& license, HeartbeatReport report,
                         uint32_t counter_index = tpm::kLedgerCounterIndex);
// Of a host without a TPM, by its license key.
Heartbeat BuildHostHeartbeat(const EcPrivateKey& license_key, const Certificate& license,
                             HeartbeatReport report);

}  // namespace holdfast::testing
