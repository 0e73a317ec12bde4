#include "tests/testing/heartbeat.h"

#include "protocol/byte_cursor.h"
#include "protocol/crypto/random.h"
#include "tests/testing/pki.h"
#include "tests/testing/tpm_encoding.h"

namespace holdfast::testing {
namespace {

tpm::Name NameOfArea(const Bytes& area) {
  return tpm::NameOf(*tpm::ParsePublic(area));
}

std::string Complete(const Certificate& license, HeartbeatReport& report) {
  const LicenseTerms terms = ParseTerms(license.fields().terms_json).value();
  report.vendor = terms.vendor;
  report.product = terms.product;
  report.license = terms.license;
  report.serial = license.fields().serial;
  report.certificate = Sha256(license.der());
  report.nonce = RandomBytes(kReportNonceSize);
  report.agent_version = "0.1.0";
  return JwsSigningInput(MessageType::kHeartbeat, SignatureAlgorithm::kEcdsaSha256, {},
                         FormatHeartbeatReport(report));
}

}  // namespace

HeartbeatReport ReportingHost::Next() {
  HeartbeatReport report;
  report.sequence = ++sequence;
  report.answer = answer;
  for (const auto& [number, id] : made) report.unanswered.push_back(id);
  report.created = report.clock = kPkiNow + Seconds(ledger.stamp);
  report.host = {{"hostname", name}};
  ledger.stamp++;
  report.ledger = ledger;
  report.by_tpm = by_tpm;
  report.usage = usage;
  return report;
}

void ReportingHost::Made(const Sha256Digest& id) {
  made.emplace_back(sequence, id);
  if (made.size() > kMaxUnanswered) made.erase(made.begin());
}

void ReportingHost::Apply(const Sha256Digest& answer_id, int64_t report_sequence) {
  if (report_sequence <= answered) return;
  answer = answer_id;
  answered = report_sequence;
  std::erase_if(made, [&](const auto& each) { return each.first <= report_sequence; });
}

void ReportingHost::ResetLedger(int64_t birth) {
  ledger = {birth, birth, 0};
  sequence = answered = 0;
  answer.reset();
  made.clear();
  usage.clear();
}

Heartbeat BuildHeartbeat(SoftwareTpm& tpm, const Certificate& license, HeartbeatReport report,
                         uint32_t counter_index) {
  const std::string input = Complete(license, report);
  Heartbeat heartbeat;
  heartbeat.report =
      ParseHeartbeatReport(FinishJws(input, tpm.license_key.SignSha256(AsBytes(input)))).value();
  const tpm::Name ek = NameOfArea(PublicArea(tpm::EkTemplateBytes(tpm.ek_template), tpm.ek.public_key()));
  const tpm::Name ak = NameOfArea(PublicArea(tpm::AkTemplateBytes(), tpm.ak.public_key()));
  tpm::Attest attest;
  attest.qualified_signer = tpm::QualifiedName(tpm::QualifiedName(tpm::kEndorsement, ek), ak);
  attest.extra_data = ToBytes(HeartbeatQualifyingData(heartbeat.report.id));
  attest.clock = {tpm.clock_ms += 1000, tpm.reset_count, tpm.restart_count, true};
  attest.firmware = tpm.firmware;
  attest.attested = tpm::NvCertifyInfo{tpm::NameOf(tpm::GatePublic(counter_index)), 0,
                                       Writer().U64(static_cast<uint64_t>(report.ledger.stamp)).Take()};
  const Bytes octets = EncodeAttest(attest);
  heartbeat.counter = SignedAttest{octets, SignAttest(tpm.ak, octets)};
  return heartbeat;
}

Heartbeat BuildHostHeartbeat(const EcPrivateKey& license_key, const Certificate& license,
                             HeartbeatReport report) {
  report.by_tpm = false;
  const std::string input = Complete(license, report);
  Heartbeat heartbeat;
  heartbeat.report =
      ParseHeartbeatReport(FinishJws(input, license_key.Sign(Sha256(AsBytes(input))).value())).value();
  return heartbeat;
}

}  // namespace holdfast::testing
