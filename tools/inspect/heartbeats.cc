// Heartbeats and their answers.
#include "certs/path.h"
#include "protocol/byte_cursor.h"
#include "protocol/heartbeat_answer.h"
#include "protocol/heartbeat_report.h"
#include "protocol/tpm/structures.h"
#include "tools/inspect/parts.h"

namespace holdfast::inspect {
namespace {

// What the TPM says of the ledger's counter. The key that signed it is not in the file: the vendor has it from the request.
Json DescribeCounterWord(const Heartbeat& heartbeat) {
  auto attest = tpm::ParseAttest(heartbeat.counter->attest);
  if (!attest) return "cannot be read: " + attest.error().message + " (" + attest.error().check + ")";
  const auto* nv = std::get_if<tpm::NvCertifyInfo>(&attest->attested);
  if (!nv) return "is a statement of the TPM about something else";
  Reader contents(nv->contents);
  const uint64_t value = contents.U64();
  return Json{{"says", "the value of the ledger's counter"},
              {"value", HexEncode(nv->contents)},
              {"is_the_stamp",
               contents.AtEnd() && value == static_cast<uint64_t>(heartbeat.report.report.ledger.stamp)},
              {"for_this_report", Equal(attest->extra_data, HeartbeatQualifyingData(heartbeat.report.id))},
              {"clock_ms", attest->clock.clock_ms},
              {"reset_count", attest->clock.reset_count},
              {"restart_count", attest->clock.restart_count},
              {"signature", "by the attestation key of the activation, which the vendor knows"}};
}

Json DescribeMeterWord(const Heartbeat& heartbeat) {
  auto attest = tpm::ParseAttest(heartbeat.meter->attest);
  if (!attest) return "cannot be read: " + attest.error().message + " (" + attest.error().check + ")";
  const auto* nv = std::get_if<tpm::NvCertifyInfo>(&attest->attested);
  if (!nv) return "is a statement of the TPM about something else";
  return Json{{"says", "the value of the counter beside the hard meter"},
              {"value", HexEncode(nv->contents)},
              {"for_this_report", Equal(attest->extra_data, HeartbeatQualifyingData(heartbeat.report.id))},
              {"signature", "by the attestation key of the activation, which the vendor knows"}};
}

Json DescribeReport(const HeartbeatReport& report) {
  Json host = Json::object(), unanswered = Json::array();
  for (const auto& [name, value] : report.host) host[name] = value;
  for (const Sha256Digest& id : report.unanswered) unanswered.push_back(HexEncode(id));
  return Json{
      {"kind", "heartbeat"},
      {"summary", "A heartbeat: a machine reports on license " + report.license + " of " + report.product +
                      " to " + report.vendor + ", and asks for what is new"},
      {"product", report.product},
      {"vendor", report.vendor},
      {"license", report.license},
      {"serial", HexEncode(report.serial)},
      {"certificate_sha256", HexEncode(report.certificate)},
      {"sequence", report.sequence},
      {"created", FormatTime(report.created)},
      {"clock", FormatTime(report.clock)},
      {"agent_version", report.agent_version},
      {"host", std::move(host)},
      {"usage", DescribeUsage(report.usage)},
      {"vouchers_used", report.vouchers_used},
      {"continues_answer", report.answer ? HexEncode(*report.answer) : "none"},
      {"reports_since", std::move(unanswered)},
      {"ledger",
       {{"began_at", report.ledger.birth},
        {"stamp", report.ledger.stamp},
        {"disturbed_at", report.ledger.disturbed == 0 ? Json("never") : Json(report.ledger.disturbed)}}}};
}

std::string SignatureWords(const SignedHeartbeatAnswer& file) {
  auto message = Certificate::Parse(file.message_certificate, CertificateProfile::kMessage);
  if (!message) return "cannot be verified: " + message.error().message;
  auto status = VerifyJws(file.jws, message->public_key());
  return status ? "valid, by the message certificate in the file" : "NOT valid: " + status.error().message;
}

}  // namespace

Result<Json> InspectHeartbeat(std::string_view text) {
  HOLDFAST_TRY(const Heartbeat heartbeat, ReadHeartbeatFile(text));
  Json json = DescribeReport(heartbeat.report.report);
  json["report_id"] = HexEncode(heartbeat.report.id);
  json["report_signature"] = "by the license key, which is in the license certificate";
  if (heartbeat.counter) {
    json["counter_statement"] = DescribeCounterWord(heartbeat);
  } else {
    json["assurance"] = "host: made without a TPM, nothing in it is attested";
  }
  if (heartbeat.meter) json["meter_statement"] = DescribeMeterWord(heartbeat);
  return json;
}

Result<Json> InspectHeartbeatAnswer(std::string_view text) {
  HOLDFAST_TRY(const SignedHeartbeatAnswer file, ReadHeartbeatAnswerFile(text));
  const HeartbeatAnswer& answer = file.content;
  Json json{{"kind", "heartbeat_answer"},
            {"summary", "The answer of " + answer.vendor + " to report number " +
                            std::to_string(answer.sequence) + " on license " + answer.license + " of " +
                            answer.product + ", made " + FormatTime(answer.time)},
            {"product", answer.product},
            {"vendor", answer.vendor},
            {"license", answer.license},
            {"report_id", HexEncode(answer.report)},
            {"sequence", answer.sequence},
            {"time", FormatTime(answer.time)},
            {"notices", answer.notices},
            {"checkpoint", answer.checkpoint.empty() ? "none" : answer.checkpoint},
            {"signature", SignatureWords(file)}};
  HOLDFAST_TRY(Json license, InspectCertificates(file.license_file));
  license.erase("kind");
  license.erase("summary");
  json["license_file"] = std::move(license);
  return json;
}

}  // namespace holdfast::inspect
