#include "protocol/answer.h"

#include <gtest/gtest.h>

#include "protocol/armor.h"
#include "protocol/crypto/random.h"

namespace holdfast {
namespace {

std::string CheckOf(std::string_view json) {
  auto content = ParseAnswerContent(AsBytes(json));
  EXPECT_TRUE(content || !content.error().advice.empty()) << content.error().check;
  return content ? "accepted" : content.error().check;
}

TEST(AnswerTest, TheLicenseSurvivesSealingAndTheFile) {
  const std::string license = "-----BEGIN CERTIFICATE-----\nAQ==\n-----END CERTIFICATE-----\n";
  const Secret key = RandomSecret(32);
  auto compact =
      SealJwe({Bytes(32, 1), Bytes(34, 2), Bytes(34, 3)}, Bytes(9, 4), key, FormatAnswerContent({license}));
  ASSERT_TRUE(compact);
  auto jwe = ReadAnswerFile(ArmorAnswer(*compact, "Holdfast answer\nfor node7\n"));
  ASSERT_TRUE(jwe) << jwe.error().message;
  auto plain = OpenJwe(*jwe, key);
  ASSERT_TRUE(plain);
  auto content = ParseAnswerContent(plain->Reveal());
  ASSERT_TRUE(content);
  EXPECT_EQ(content->license, license);
}
TEST(AnswerTest, TheContentIsTheDocumentedText) {
  EXPECT_EQ(AsText(FormatAnswerContent({"a\nb"})), R"({"schema":"1.0","license":"a\nb"})");
}
TEST(AnswerTest, TheContentIsStrict) {
  EXPECT_EQ(CheckOf(R"({"schema":"1.0","license":"x"})"), "accepted");
  EXPECT_EQ(CheckOf(R"({"schema":"1.3","license":"x"})"), "accepted");
  EXPECT_EQ(CheckOf(R"({"schema":"2.0","other":"x"})"), "answer.schema");
  EXPECT_EQ(CheckOf(R"({"license":"x"})"), "answer.schema");
  EXPECT_EQ(CheckOf(R"({"schema":"1.0"})"), "answer.license");
  EXPECT_EQ(CheckOf(R"({"schema":"1.0","license":""})"), "answer.license");
  EXPECT_EQ(CheckOf(R"({"schema":"1.0","license":5})"), "answer.license");
  EXPECT_EQ(CheckOf(R"({"schema":"1.3","license":"x","more":1})"), "answer.unknown");
  EXPECT_EQ(CheckOf(R"({"schema":"1.0","license":"x","license":"y"})"), "json.duplicate");
  EXPECT_EQ(CheckOf(std::string(kMaxJweSize + 1, ' ')), "json.size");
}
TEST(AnswerTest, SaysWhatAWrongFileIs) {
  auto message = [](std::string_view text) {
    auto jwe = ReadAnswerFile(text);
    EXPECT_TRUE(jwe || !jwe.error().advice.empty()) << jwe.error().check;
    return jwe ? "accepted" : jwe.error().check + ": " + jwe.error().message;
  };
  EXPECT_EQ(message(Armor(kLabelRequest, AsBytes("x"))),
            "answer.kind: this is a request file, not an answer");
  EXPECT_EQ(message(Armor(kLabelCertificate, AsBytes("x"))),
            "answer.kind: this is a license file or a certificate, not an answer");
  EXPECT_EQ(message(Armor("PRIVATE KEY", AsBytes("x"))), "answer.kind: this is a private key, not an answer");
  EXPECT_EQ(message("{}"), "answer.kind: this is a JSON file, not an answer");
  EXPECT_EQ(message(""), "answer.kind: this is no file of Holdfast, not an answer");
  EXPECT_EQ(message(Armor(kLabelAnswer, AsBytes("x"))).substr(0, 10), "jwe.syntax");
}
TEST(AnswerTest, MoreThanOneBlockIsRefused) {
  const std::string block = ArmorAnswer("x", "");
  EXPECT_EQ(ReadAnswerFile(block + Armor(kLabelCertificate, AsBytes("x"))).error().check, "answer.kind");
}

}  // namespace
}  // namespace holdfast
