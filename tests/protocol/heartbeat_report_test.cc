// Heartbeats: their form.
#include "protocol/heartbeat_report.h"

#include <gtest/gtest.h>

#include "protocol/armor.h"
#include "protocol/file_kind.h"
#include "tests/protocol/examples.h"

namespace holdfast {
namespace {

HeartbeatReport Report() {
  HeartbeatReport report;
  report.vendor = "Northlight";
  report.product = "modeler";
  report.license = "0123456789abcdef0123456789abcdef";
  report.serial = Bytes(16, 0x11);
  report.certificate = Sha256(Bytes{1});
  report.nonce = Bytes(kReportNonceSize, 9);
  report.sequence = 7;
  report.answer = Sha256(Bytes{2});
  report.unanswered = {Sha256(Bytes{3}), Sha256(Bytes{4})};
  report.created = examples::At("2026-11-22T06:00:00Z");
  report.clock = examples::At("2026-11-22T06:00:01Z");
  report.agent_version = "0.1.0";
  report.host = {{"hostname", "render-01"}};
  report.ledger = {41, 97, 52};
  report.usage = {{"renders", MeterPeriod::kMonth, examples::At("2026-11-01T00:00:00Z"), 12},
                  {"exports", MeterPeriod::kNever, Time{}, 0}};
  return report;
}

std::string Unsigned(const Bytes& payload, MessageType type = MessageType::kHeartbeat, const char* kid = "",
                     SignatureAlgorithm algorithm = SignatureAlgorithm::kEcdsaSha256) {
  return FinishJws(JwsSigningInput(type, algorithm, kid, payload), Bytes(64, 0));
}

Heartbeat Made(const HeartbeatReport& report = Report()) {
  Heartbeat heartbeat;
  heartbeat.report = ParseHeartbeatReport(Unsigned(FormatHeartbeatReport(report))).value();
  if (report.by_tpm) heartbeat.counter = SignedAttest{Bytes{1, 2}, Bytes{3}};
  return heartbeat;
}

template <class T>
std::string CheckOf(const Result<T>& result) {
  return result ? "accepted" : result.error().check;
}

Json PayloadJson() {
  return ParseJson(AsText(FormatHeartbeatReport(Report())), kMaxJwsSize).value();
}

std::string CheckOfPayload(const Json& json) {
  const std::string text = json.dump();
  return CheckOf(ParseHeartbeatReport(Unsigned(ToBytes(std::string_view(text)))));
}

TEST(HeartbeatReportTest, TheWordOnAHardMeterIsThereOrNot) {
  Heartbeat heartbeat = Made();
  EXPECT_FALSE(ReadHeartbeatFile(ArmorHeartbeat(heartbeat))->meter);
  heartbeat.meter = SignedAttest{Bytes{4, 5}, Bytes{6}};
  const auto read = ReadHeartbeatFile(ArmorHeartbeat(heartbeat));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->meter->attest, (Bytes{4, 5}));
  EXPECT_EQ(read->meter->signature, Bytes{6});
  Json json = ParseJson(FormatHeartbeat(heartbeat), kMaxFileSize).value();
  json["meter"]["x"] = 1;
  EXPECT_EQ(CheckOf(ParseHeartbeat(json.dump())), "heartbeat.meter.unknown");
  json["meter"].erase("x");
  json["meter"].erase("attest");
  EXPECT_EQ(CheckOf(ParseHeartbeat(json.dump())), "heartbeat.meter.attest");
}

TEST(HeartbeatReportTest, AHostWithoutATpmHasNoHardMeter) {
  HeartbeatReport report = Report();
  report.by_tpm = false;
  Heartbeat heartbeat = Made(report);
  EXPECT_EQ(CheckOf(ParseHeartbeat(FormatHeartbeat(heartbeat))), "accepted");
  heartbeat.meter = SignedAttest{Bytes{4, 5}, Bytes{6}};
  EXPECT_EQ(CheckOf(ParseHeartbeat(FormatHeartbeat(heartbeat))), "heartbeat.meter");
}

TEST(HeartbeatReportTest, EveryMemberSurvivesTheFile) {
  const std::string file = ArmorHeartbeat(Made());
  EXPECT_EQ(RecogniseFile(file), FileKind::kHeartbeat);
  auto read = ReadHeartbeatFile(file);
  ASSERT_TRUE(read) << read.error().check << ": " << read.error().message;
  const HeartbeatReport& report = read->report.report;
  EXPECT_EQ(FormatHeartbeatReport(report), FormatHeartbeatReport(Report()));
  EXPECT_EQ(report.serial, Report().serial);
  EXPECT_EQ(report.nonce, Report().nonce);
  EXPECT_EQ(report.answer, Report().answer);
  EXPECT_EQ(report.unanswered, Report().unanswered);
  EXPECT_EQ(report.usage, Report().usage);
  EXPECT_EQ(report.ledger.birth, 41);
  EXPECT_EQ(report.ledger.stamp, 97);
  EXPECT_EQ(report.ledger.disturbed, 52);
  EXPECT_TRUE(report.by_tpm);
  EXPECT_EQ(read->report.compact, Made().report.compact);
  EXPECT_EQ(read->counter->attest, (Bytes{1, 2}));
  EXPECT_EQ(read->counter->signature, Bytes{3});
}

TEST(HeartbeatReportTest, SaysInPlainWordsWhatLeavesTheSite) {
  const std::string file = ArmorHeartbeat(Made());
  EXPECT_NE(file.find("hostname = render-01"), std::string::npos);
  EXPECT_NE(file.find("12 of renders since 2026-11-01T00:00:00Z"), std::string::npos);
  EXPECT_NE(file.find("0 of exports\n"), std::string::npos);
  EXPECT_NE(file.find("number 7"), std::string::npos);
}

TEST(HeartbeatReportTest, OfAHostWithoutATpmHasNoCounter) {
  HeartbeatReport report = Report();
  report.by_tpm = false;
  auto read = ReadHeartbeatFile(ArmorHeartbeat(Made(report)));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_FALSE(read->report.report.by_tpm);
  EXPECT_FALSE(read->counter);
  Heartbeat with = Made(report);
  with.counter = SignedAttest{Bytes{1}, Bytes{2}};
  EXPECT_EQ(CheckOf(ParseHeartbeat(FormatHeartbeat(with))), "heartbeat.counter");
  Heartbeat without = Made();
  without.counter.reset();
  EXPECT_EQ(CheckOf(ParseHeartbeat(FormatHeartbeat(without))), "heartbeat.counter");
}

TEST(HeartbeatReportTest, IsNamedByWhatIsSigned) {
  const Heartbeat heartbeat = Made();
  const std::string& input = heartbeat.report.jws.signing_input;
  EXPECT_EQ(heartbeat.report.id, Sha256(AsBytes(input)));
  auto resigned = ParseHeartbeatReport(FinishJws(input, Bytes(64, 1)));
  EXPECT_EQ(resigned->id, heartbeat.report.id);
  std::string octets = std::string("holdfast heartbeat v1") + '\0';
  octets += AsText(heartbeat.report.id);
  EXPECT_EQ(HeartbeatQualifyingData(heartbeat.report.id), Sha256(AsBytes(octets)));
}

TEST(HeartbeatReportTest, AnotherTypeKidOrAlgorithmIsNone) {
  const Bytes payload = FormatHeartbeatReport(Report());
  EXPECT_EQ(CheckOf(ParseHeartbeatReport(Unsigned(payload, MessageType::kReturn))), "jws.typ");
  EXPECT_EQ(CheckOf(ParseHeartbeatReport(Unsigned(payload, MessageType::kHeartbeatAnswer))), "jws.typ");
  EXPECT_EQ(CheckOf(ParseHeartbeatReport(Unsigned(payload, MessageType::kHeartbeat, "ab"))),
            "heartbeat.header");
  EXPECT_EQ(CheckOf(ParseHeartbeatReport(
                Unsigned(payload, MessageType::kHeartbeat, "", SignatureAlgorithm::kEcdsaSha384))),
            "heartbeat.header");
}

TEST(HeartbeatReportTest, EachMemberIsRequiredAndChecked) {
  const Json good = PayloadJson();
  ASSERT_EQ(CheckOfPayload(good), "accepted");
  for (const auto& [name, value] : good.items()) {
    Json json = PayloadJson();
    json.erase(name);
    EXPECT_EQ(CheckOfPayload(json), name == "answer" ? "accepted" : "heartbeat." + name) << name;
    json = PayloadJson();
    json[name] = nullptr;
    EXPECT_EQ(CheckOfPayload(json), "heartbeat." + name) << name;
  }
  const auto check_with = [](const char* name, const Json& value) {
    Json json = PayloadJson();
    json[name] = value;
    return CheckOfPayload(json);
  };
  const std::string digest(64, 'a');
  EXPECT_EQ(check_with("schema", "2.0"), "heartbeat.schema");
  EXPECT_EQ(check_with("vendor", ""), "heartbeat.vendor");
  EXPECT_EQ(check_with("product", "../modeler"), "heartbeat.product");
  EXPECT_EQ(check_with("license", std::string(65, 'x')), "heartbeat.license");
  EXPECT_EQ(check_with("serial", "AB"), "heartbeat.serial");
  EXPECT_EQ(check_with("certificate", digest.substr(1)), "heartbeat.certificate");
  EXPECT_EQ(check_with("nonce", "AAAA"), "heartbeat.nonce");
  EXPECT_EQ(check_with("sequence", 0), "heartbeat.sequence");
  EXPECT_EQ(check_with("answer", std::string(64, 'A')), "heartbeat.answer");
  EXPECT_EQ(check_with("unanswered", Json::array({digest, 5})), "heartbeat.unanswered");
  EXPECT_EQ(check_with("unanswered", Json(std::vector<std::string>(kMaxUnanswered + 1, digest))),
            "heartbeat.unanswered");
  EXPECT_EQ(check_with("unanswered", Json(std::vector<std::string>(kMaxUnanswered, digest))), "accepted");
  EXPECT_EQ(check_with("created", "yesterday"), "heartbeat.created");
  EXPECT_EQ(check_with("clock", "2026-11-22"), "heartbeat.clock");
  EXPECT_EQ(check_with("agent_version", std::string(33, '1')), "heartbeat.agent_version");
  EXPECT_EQ(check_with("host", {{"hostname", "a\nb"}}), "heartbeat.host");
  EXPECT_EQ(check_with("assurance", "hw-tpm"), "heartbeat.assurance");
  EXPECT_EQ(check_with("unknown", 1), "heartbeat.unknown");
}

TEST(HeartbeatReportTest, EachMemberInsideIsChecked) {
  const auto ledger_with = [](const char* name, const Json& value) {
    Json json = PayloadJson();
    json["ledger"][name] = value;
    return CheckOfPayload(json);
  };
  EXPECT_EQ(ledger_with("birth", 0), "heartbeat.ledger.birth");
  EXPECT_EQ(ledger_with("stamp", 0), "heartbeat.ledger.stamp");
  EXPECT_EQ(ledger_with("disturbed", -1), "heartbeat.ledger.disturbed");
  EXPECT_EQ(ledger_with("time", 1), "heartbeat.ledger.unknown");
  const auto usage_with = [](const char* name, const Json& value) {
    Json json = PayloadJson();
    json["usage"][0][name] = value;
    return CheckOfPayload(json);
  };
  EXPECT_EQ(usage_with("limit", "Renders"), "heartbeat.usage.limit");
  EXPECT_EQ(usage_with("period", "week"), "heartbeat.usage.period");
  EXPECT_EQ(usage_with("since", "2026"), "heartbeat.usage.since");
  EXPECT_EQ(usage_with("units", -1), "heartbeat.usage.units");
  EXPECT_EQ(usage_with("max", 1), "heartbeat.usage.unknown");
  Json twice = PayloadJson();
  twice["usage"].push_back(twice["usage"][0]);
  EXPECT_EQ(CheckOfPayload(twice), "heartbeat.usage");
}

TEST(HeartbeatReportTest, AnotherFileIsNamed) {
  const std::string file = ArmorHeartbeat(Made());
  EXPECT_EQ(CheckOf(ReadHeartbeatFile("{}")), "heartbeat.kind");
  EXPECT_EQ(CheckOf(ReadHeartbeatFile(file + file)), "heartbeat.kind");
  EXPECT_EQ(CheckOf(ReadHeartbeatFile(Armor(kLabelReturn, AsBytes(FormatHeartbeat(Made()))))),
            "heartbeat.kind");
}

TEST(HeartbeatReportTest, EveryTruncationIsRefused) {
  const std::string file = ArmorHeartbeat(Made());
  for (size_t size = file.find("-----BEGIN"); size + 1 < file.size(); size++)
    EXPECT_FALSE(ReadHeartbeatFile(file.substr(0, size))) << size;
}

}  // namespace
}  // namespace holdfast
