// Answers to heartbeats: their form.
#include "protocol/heartbeat_answer.h"

#include <gtest/gtest.h>

#include "protocol/armor.h"
#include "protocol/file_kind.h"
#include "protocol/heartbeat_report.h"
#include "tests/protocol/examples.h"

namespace holdfast {
namespace {

std::string LicenseFileText() {
  return Armor(kLabelCertificate, Bytes{3}) + Armor(kLabelCertificate, Bytes{4}) + Armor(kLabelCrl, Bytes{5});
}

HeartbeatAnswer Answer() {
  return {.vendor = "Northlight",
          .product = "modeler",
          .license = "0123456789abcdef0123456789abcdef",
          .report = Sha256(Bytes{1}),
          .sequence = 7,
          .time = examples::At("2026-11-22T06:00:00Z"),
          .license_file = Sha256(AsBytes(LicenseFileText())),
          .notices = {"Version 2 is out.", "M\xc3\xbcller"},
          .checkpoint = "12:abcd"};
}

std::string Unsigned(const HeartbeatAnswer& answer, MessageType type = MessageType::kHeartbeatAnswer) {
  return FinishJws(
      JwsSigningInput(type, SignatureAlgorithm::kEcdsaSha256, "kid", FormatHeartbeatAnswer(answer)),
      Bytes(64, 0));
}

std::string File(const HeartbeatAnswer& answer = Answer(), const std::string& license = LicenseFileText(),
                 MessageType type = MessageType::kHeartbeatAnswer) {
  return ArmorHeartbeatAnswer(Unsigned(answer, type), answer, Bytes{1}, Bytes{2}, license);
}

template <class T>
std::string CheckOf(const Result<T>& result) {
  return result ? "accepted" : result.error().check;
}

Json PayloadJson() {
  return ParseJson(AsText(FormatHeartbeatAnswer(Answer())), kMaxJwsSize).value();
}

std::string CheckOfPayload(const Json& json) {
  const std::string text = json.dump();
  return CheckOf(ParseHeartbeatAnswer(AsBytes(text)));
}

TEST(HeartbeatAnswerTest, EveryMemberSurvivesTheFile) {
  EXPECT_EQ(RecogniseFile(File()), FileKind::kHeartbeatAnswer);
  auto read = ReadHeartbeatAnswerFile(File());
  ASSERT_TRUE(read) << read.error().check << ": " << read.error().message;
  EXPECT_EQ(FormatHeartbeatAnswer(read->content), FormatHeartbeatAnswer(Answer()));
  EXPECT_EQ(read->content.notices, Answer().notices);
  EXPECT_EQ(read->content.checkpoint, "12:abcd");
  EXPECT_EQ(read->jws.kid, "kid");
  EXPECT_EQ(read->message_certificate, Bytes{1});
  EXPECT_EQ(read->issuing_certificate, Bytes{2});
  EXPECT_EQ(read->license_file, LicenseFileText());
}

TEST(HeartbeatAnswerTest, WithoutNoticesAndCheckpointHasNeither) {
  HeartbeatAnswer answer = Answer();
  answer.notices.clear();
  answer.checkpoint.clear();
  EXPECT_EQ(AsText(FormatHeartbeatAnswer(answer)).find("notices"), std::string_view::npos);
  auto read = ReadHeartbeatAnswerFile(File(answer));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(read->content.notices.empty());
  EXPECT_TRUE(read->content.checkpoint.empty());
}

TEST(HeartbeatAnswerTest, TheLicenseFileIsTheOneThatIsNamed) {
  const std::string other = LicenseFileText() + Armor(kLabelCrl, Bytes{6});
  EXPECT_EQ(CheckOf(ReadHeartbeatAnswerFile(File(Answer(), other))), "heartbeat_answer.license_file");
  // Text between the blocks is nobody's word, and changes nothing.
  const std::string with_text = Armor(kLabelCertificate, Bytes{3}, "Some text.\n\n") +
                                Armor(kLabelCertificate, Bytes{4}) + Armor(kLabelCrl, Bytes{5});
  EXPECT_EQ(WithoutText(with_text).value(), LicenseFileText());
  EXPECT_EQ(CheckOf(ReadHeartbeatAnswerFile(File(Answer(), with_text))), "accepted");
}

TEST(HeartbeatAnswerTest, OtherBlocksAreRefused) {
  EXPECT_EQ(CheckOf(ReadHeartbeatAnswerFile(File(Answer(), ""))), "heartbeat_answer.kind");
  EXPECT_EQ(CheckOf(ReadHeartbeatAnswerFile(File(Answer(), Armor(kLabelReturn, Bytes{1})))),
            "heartbeat_answer.kind");
  std::string alone = File();
  alone.resize(alone.find("-----BEGIN CERTIFICATE"));
  EXPECT_EQ(CheckOf(ReadHeartbeatAnswerFile(alone)), "heartbeat_answer.kind");
  EXPECT_EQ(CheckOf(ReadHeartbeatAnswerFile(LicenseFileText())), "heartbeat_answer.kind");
  EXPECT_EQ(CheckOf(ReadHeartbeatAnswerFile("")), "heartbeat_answer.kind");
  EXPECT_NE(ReadHeartbeatAnswerFile(LicenseFileText()).error().message.find("a license file"),
            std::string::npos);
  std::string swapped = Armor(kLabelHeartbeatAnswer, AsBytes(Unsigned(Answer()))) +
                        Armor(kLabelCrl, Bytes{1}) + Armor(kLabelCertificate, Bytes{2}) + LicenseFileText();
  EXPECT_EQ(CheckOf(ReadHeartbeatAnswerFile(swapped)), "heartbeat_answer.kind");
}

// What the message key signed for another end is no answer.
TEST(HeartbeatAnswerTest, AMessageOfAnotherTypeIsNone) {
  for (const MessageType type : {MessageType::kTimeAnswer, MessageType::kReturnNonce,
                                 MessageType::kProductKey, MessageType::kHeartbeat})
    EXPECT_EQ(CheckOf(ReadHeartbeatAnswerFile(File(Answer(), LicenseFileText(), type))), "jws.typ");
}

TEST(HeartbeatAnswerTest, EachMemberIsRequiredAndChecked) {
  const Json good = PayloadJson();
  ASSERT_EQ(CheckOfPayload(good), "accepted");
  for (const auto& [name, value] : good.items()) {
    const bool optional = name == "notices" || name == "checkpoint";
    Json json = PayloadJson();
    json.erase(name);
    EXPECT_EQ(CheckOfPayload(json), optional ? "accepted" : "heartbeat_answer." + name) << name;
    json = PayloadJson();
    json[name] = nullptr;
    EXPECT_EQ(CheckOfPayload(json), "heartbeat_answer." + name) << name;
  }
  const auto check_with = [](const char* name, const Json& value) {
    Json json = PayloadJson();
    json[name] = value;
    return CheckOfPayload(json);
  };
  EXPECT_EQ(check_with("schema", "2.0"), "heartbeat_answer.schema");
  EXPECT_EQ(check_with("vendor", std::string(65, 'x')), "heartbeat_answer.vendor");
  EXPECT_EQ(check_with("product", "../modeler"), "heartbeat_answer.product");
  EXPECT_EQ(check_with("license", ""), "heartbeat_answer.license");
  EXPECT_EQ(check_with("report", "ab"), "heartbeat_answer.report");
  EXPECT_EQ(check_with("sequence", 0), "heartbeat_answer.sequence");
  EXPECT_EQ(check_with("time", "now"), "heartbeat_answer.time");
  EXPECT_EQ(check_with("license_file", std::string(64, 'A')), "heartbeat_answer.license_file");
  EXPECT_EQ(check_with("notices", Json::array({"a\nb"})), "heartbeat_answer.notices");
  EXPECT_EQ(check_with("notices", Json::array({5})), "heartbeat_answer.notices");
  EXPECT_EQ(check_with("notices", Json::array({std::string(kMaxNoticeSize + 1, 'x')})),
            "heartbeat_answer.notices");
  EXPECT_EQ(check_with("notices", Json(std::vector<std::string>(kMaxNotices + 1, "x"))),
            "heartbeat_answer.notices");
  EXPECT_EQ(check_with("checkpoint", std::string(129, '1')), "heartbeat_answer.checkpoint");
  EXPECT_EQ(check_with("unknown", 1), "heartbeat_answer.unknown");
}

TEST(HeartbeatAnswerTest, EveryTruncationIsRefused) {
  const std::string file = File();
  for (size_t size = file.find("-----BEGIN"); size + 1 < file.size(); size++)
    EXPECT_FALSE(ReadHeartbeatAnswerFile(file.substr(0, size))) << size;
}

}  // namespace
}  // namespace holdfast
