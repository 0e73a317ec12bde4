#include "protocol/heartbeat_report.h"

#include "protocol/armor.h"
#include "protocol/base64.h"
#include "protocol/file_kind.h"
#include "protocol/json_text.h"
#include "protocol/request_content.h"
#include "protocol/return_members.h"
#include "protocol/terms_members.h"

namespace holdfast {
namespace {

constexpr std::string_view kDomain{"holdfast heartbeat v1\0", 22};
constexpr std::string_view kHostForm = "host";

void ReadForm(JsonObject& o, HeartbeatReport& report) {
  report.by_tpm = !o.Has("assurance");
  if (!report.by_tpm && o.String("assurance", 16) != kHostForm)
    o.Fault("assurance", "only a host without a TPM names its class: host");
}

Result<HeartbeatReport> ParsePayload(ByteView payload) {
  HOLDFAST_TRY(const Json value, ParseJson(AsText(payload), kMaxJwsSize));
  JsonObject o(value, "heartbeat");
  HeartbeatReport report;
  HOLDFAST_CHECK(ReadHead(o, "heartbeat", report.schema));
  report.vendor = ReadName(o, "vendor");
  report.product = o.String("product", 64);
  if (!IsIdentifier(report.product)) o.Fault("product", "not an identifier");
  report.license = ReadName(o, "license");
  report.serial = ReadSerial(o);
  report.certificate = ReadDigest(o, "certificate");
  report.nonce = o.Base64Url("nonce", kReportNonceSize);
  if (report.nonce.size() != kReportNonceSize) o.Fault("nonce", "not 16 octets");
  report.sequence = o.Integer("sequence", 1, INT64_MAX);
  if (o.Has("answer")) report.answer = ReadDigest(o, "answer");
  report.unanswered = ReadDigests(o, "unanswered", kMaxUnanswered);
  report.created = o.Time("created");
  report.clock = o.Time("clock");
  report.agent_version = ReadVersion(o);
  report.host = ReadHostFacts(o);
  const Json* ledger = o.Object("ledger");
  ReadForm(o, report);
  const Json* usage = o.Array("usage", kMaxReportedUsage);
  report.vouchers_used = o.Integer("vouchers_used", 1, INT32_MAX, 0);
  HOLDFAST_CHECK(o.Finish());
  HOLDFAST_TRY(report.ledger, ParseReportedLedger(*ledger, "heartbeat.ledger"));
  HOLDFAST_TRY(report.usage, ParseMeterUsages(*usage, "heartbeat.usage"));
  return report;
}

Result<SignedAttest> ParseAttest(const Json& value, const char* context) {
  JsonObject o(value, context);
  SignedAttest attest{ReadStructure(o, "attest"), ReadStructure(o, "signature")};
  HOLDFAST_CHECK(o.Finish());
  return attest;
}

Json FormatAttest(const SignedAttest& attest) {
  return {{"attest", Base64UrlEncode(attest.attest)}, {"signature", Base64UrlEncode(attest.signature)}};
}

std::string Lines(const HeartbeatReport& report) {
  std::string text;
  for (const auto& [name, value] : report.host) text += "  Host:     " + name + " = " + value + "\n";
  text += UsedUpLines(report.usage);
  if (report.vouchers_used > 0) text += "  Vouchers: " + std::to_string(report.vouchers_used) + " used\n";
  return text;
}

std::string Preamble(const HeartbeatReport& report) {
  return "Holdfast heartbeat: a licensed host reports to its vendor, and asks for what is new.\n"
         "\n"
         "  Product:  " +
         report.product + ", from " + report.vendor + "\n  License:  " + report.license +
         "\n  Made:     " + FormatTime(report.created) + ", by Holdfast " + report.agent_version +
         ", number " + std::to_string(report.sequence) + "\n" + Lines(report) +
         "\n"
         "Send this file to the vendor; any way will do. At the vendor:  holdfast-vendor heartbeat FILE -o "
         "ANSWER\n"
         "It holds no key and nothing of your data. To see every part of it:  holdfast inspect FILE\n"
         "(These lines are for people. No program reads them.)\n"
         "\n";
}

}  // namespace

Sha256Digest HeartbeatId(const Jws& jws) {
  return Sha256(AsBytes(jws.signing_input));
}

Sha256Digest HeartbeatQualifyingData(const Sha256Digest& id) {
  return Sha256({AsBytes(kDomain), id});
}

Bytes FormatHeartbeatReport(const HeartbeatReport& report) {
  Json unanswered = Json::array();
  for (const Sha256Digest& id : report.unanswered) unanswered.push_back(HexEncode(id));
  Json json = {{"schema", report.schema},
               {"vendor", report.vendor},
               {"product", report.product},
               {"license", report.license},
               {"serial", HexEncode(report.serial)},
               {"certificate", HexEncode(report.certificate)},
               {"nonce", Base64UrlEncode(report.nonce)},
               {"sequence", report.sequence}};
  if (report.answer) json["answer"] = HexEncode(*report.answer);
  json["unanswered"] = std::move(unanswered);
  json["created"] = FormatTime(report.created);
  json["clock"] = FormatTime(report.clock);
  json["agent_version"] = report.agent_version;
  json["host"] = report.host.empty() ? Json::object() : Json(report.host);
  json["ledger"] = FormatReportedLedger(report.ledger);
  if (!report.by_tpm) json["assurance"] = kHostForm;
  json["usage"] = FormatMeterUsages(report.usage);
  if (report.vouchers_used > 0) json["vouchers_used"] = report.vouchers_used;
  return ToBytes(std::string_view(FormatJson(json)));
}

Result<SignedHeartbeatReport> ParseHeartbeatReport(std::string_view compact_jws) {
  HOLDFAST_TRY(Jws jws, ParseJws(compact_jws, MessageType::kHeartbeat));
  if (jws.alg != "ES256" || !jws.kid.empty())
    return Malformed("heartbeat.header", "a heartbeat is signed with ES256 and names no key");
  HOLDFAST_TRY(HeartbeatReport report, ParsePayload(jws.payload));
  const Sha256Digest id = HeartbeatId(jws);
  return SignedHeartbeatReport{std::move(report), std::move(jws), std::string(compact_jws), id};
}

std::string FormatHeartbeat(const Heartbeat& heartbeat) {
  Json json = {{"schema", "1.0"}, {"report", heartbeat.report.compact}};
  if (heartbeat.counter) json["counter"] = FormatAttest(*heartbeat.counter);
  if (heartbeat.meter) json["meter"] = FormatAttest(*heartbeat.meter);
  return FormatJson(json);
}

Result<Heartbeat> ParseHeartbeat(std::string_view json) {
  HOLDFAST_TRY(const Json value, ParseJson(json, kMaxFileSize));
  JsonObject o(value, "heartbeat");
  std::string schema;
  HOLDFAST_CHECK(ReadHead(o, "heartbeat", schema));
  const std::string report = o.String("report", kMaxJwsSize);
  const Json* counter = o.OptionalObject("counter");
  const Json* meter = o.OptionalObject("meter");
  HOLDFAST_CHECK(o.Finish());
  Heartbeat heartbeat;
  HOLDFAST_TRY(heartbeat.report, ParseHeartbeatReport(report));
  if (counter) {
    HOLDFAST_TRY(heartbeat.counter, ParseAttest(*counter, "heartbeat.counter"));
  }
  if (meter) {
    HOLDFAST_TRY(heartbeat.meter, ParseAttest(*meter, "heartbeat.meter"));
  }
  const bool by_tpm = heartbeat.report.report.by_tpm;
  if (meter && !by_tpm) return Malformed("heartbeat.meter", "a hard meter, of a host without a TPM");
  if (by_tpm == heartbeat.counter.has_value()) return heartbeat;
  return Malformed("heartbeat.counter", by_tpm ? "the TPM's word on the ledger's counter is missing"
                                               : "a counter, with the report of a host without a TPM");
}

std::string ArmorHeartbeat(const Heartbeat& heartbeat) {
  return Armor(kLabelHeartbeat, AsBytes(FormatHeartbeat(heartbeat)), Preamble(heartbeat.report.report));
}

Result<Heartbeat> ReadHeartbeatFile(std::string_view file_text) {
  HOLDFAST_TRY(const std::string json, ReadSingleBlock(file_text, kLabelHeartbeat, "heartbeat"));
  return WithAdvice(ParseHeartbeat(json), "make the file again with holdfast heartbeat on the host");
}

}  // namespace holdfast
