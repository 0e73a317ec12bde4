// Time requests and time answers: their form.
#include "protocol/time_answer.h"

#include <gtest/gtest.h>

#include "tests/protocol/examples.h"

namespace holdfast {
namespace {

LicenseMessage Message() {
  return {.vendor = "Northlight",
          .product = "modeler",
          .license = "0123456789abcdef0123456789abcdef",
          .serial = Bytes(16, 0x11),
          .nonce = Bytes(kNonceSize, 9),
          .time = examples::At("2026-11-22T06:00:00Z")};
}

std::string Unsigned(MessageType type) {
  return FinishJws(
      JwsSigningInput(type, SignatureAlgorithm::kEcdsaSha256, "kid", FormatMessage(kTimeAnswer, Message())),
      Bytes(64, 0));
}

std::string AnswerFile(MessageType type = MessageType::kTimeAnswer) {
  return ArmorMessage(kTimeAnswer, Unsigned(type), Message(), Bytes{1}, Bytes{2});
}

template <class T>
std::string CheckOf(const Result<T>& result) {
  return result ? "accepted" : result.error().check;
}

TEST(TimeRequestTest, EveryMemberSurvivesTheFile) {
  const std::string file = ArmorMessage(kTimeRequest, Message());
  EXPECT_EQ(RecogniseFile(file), FileKind::kTimeRequest);
  EXPECT_NE(file.find("It believes: 2026-11-22T06:00:00Z"), std::string::npos);
  auto read = ReadMessageFile(kTimeRequest, file);
  ASSERT_TRUE(read) << read.error().check << ": " << read.error().message;
  EXPECT_EQ(read->vendor, "Northlight");
  EXPECT_EQ(read->product, "modeler");
  EXPECT_EQ(read->license, Message().license);
  EXPECT_EQ(read->serial, Message().serial);
  EXPECT_EQ(read->nonce, Message().nonce);
  EXPECT_EQ(read->time, Message().time);
}

TEST(TimeRequestTest, EveryTruncationIsRefused) {
  const std::string file = ArmorMessage(kTimeRequest, Message());
  for (size_t size = file.find("-----BEGIN"); size + 1 < file.size(); size++)
    EXPECT_FALSE(ReadMessageFile(kTimeRequest, file.substr(0, size))) << size;
}

TEST(TimeRequestTest, AnotherFileIsNamed) {
  EXPECT_EQ(CheckOf(ReadMessageFile(kTimeRequest, AnswerFile())), "time_request.kind");
  EXPECT_NE(ReadMessageFile(kTimeRequest, AnswerFile()).error().message.find("a time answer"),
            std::string::npos);
  EXPECT_EQ(CheckOf(ReadMessageFile(kTimeRequest, "{}")), "time_request.kind");
  const std::string file = ArmorMessage(kTimeRequest, Message());
  EXPECT_EQ(CheckOf(ReadMessageFile(kTimeRequest, file + file)), "time_request.kind");
  EXPECT_EQ(CheckOf(ReadMessageFile(kTimeRequest, std::string(kMaxFileSize + 1, ' ') + file)), "armor.size");
}

TEST(TimeRequestTest, EachMemberIsChecked) {
  const auto check_of = [](LicenseMessage message) {
    return CheckOf(ParseMessage(kTimeRequest, FormatMessage(kTimeRequest, message)));
  };
  LicenseMessage bad = Message();
  bad.nonce.pop_back();
  EXPECT_EQ(check_of(bad), "time_request.nonce");
  bad = Message();
  bad.product = "../modeler";
  EXPECT_EQ(check_of(bad), "time_request.product");
  bad = Message();
  bad.serial.clear();
  EXPECT_EQ(check_of(bad), "time_request.serial");
  bad = Message();
  bad.schema = "2.0";
  EXPECT_EQ(check_of(bad), "time_request.schema");
  EXPECT_EQ(CheckOf(ParseMessage(kTimeAnswer, AsBytes(R"({"schema":"1.0"})"))), "time_answer.vendor");
}

TEST(TimeAnswerTest, EveryMemberSurvivesTheFile) {
  EXPECT_EQ(RecogniseFile(AnswerFile()), FileKind::kTimeAnswer);
  auto read = ReadSignedMessageFile(kTimeAnswer, AnswerFile());
  ASSERT_TRUE(read) << read.error().check << ": " << read.error().message;
  EXPECT_EQ(FormatMessage(kTimeAnswer, read->content), FormatMessage(kTimeAnswer, Message()));
  EXPECT_EQ(read->jws.kid, "kid");
  EXPECT_EQ(read->message_certificate, Bytes{1});
  EXPECT_EQ(read->issuing_certificate, Bytes{2});
}

TEST(TimeAnswerTest, ItsCertificatesMustBeThere) {
  std::string alone = AnswerFile();
  alone.resize(alone.find("-----BEGIN CERTIFICATE"));
  EXPECT_EQ(CheckOf(ReadSignedMessageFile(kTimeAnswer, alone)), "time_answer.kind");
  EXPECT_EQ(CheckOf(ReadSignedMessageFile(kTimeAnswer, AnswerFile() + Armor(kLabelCertificate, Bytes{3}))),
            "time_answer.kind");
}

// What the message key signed for another end is no time answer.
TEST(TimeAnswerTest, AMessageOfAnotherTypeIsNone) {
  EXPECT_EQ(CheckOf(ReadSignedMessageFile(kTimeAnswer, AnswerFile(MessageType::kReturnNonce))), "jws.typ");
  EXPECT_EQ(CheckOf(ReadSignedMessageFile(kTimeAnswer, AnswerFile(MessageType::kProductKey))), "jws.typ");
}

}  // namespace
}  // namespace holdfast
