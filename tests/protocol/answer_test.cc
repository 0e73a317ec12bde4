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
SealedContentKey Sealed(uint8_t octet) {
  return {Bytes(kContentKeyAreaSize, octet), Bytes(kDuplicateSize, octet), Bytes(kWrappedSeedSize, octet)};
}

TEST(AnswerTest, ContentKeysComeBackAsTheyWere) {
  const AnswerContent content{"x", {{"content", Sealed(1)}, {"models", Sealed(2)}}};
  const auto again = ParseAnswerContent(FormatAnswerContent(content));
  ASSERT_TRUE(again) << again.error().check;
  EXPECT_EQ(again->content_keys, content.content_keys);
}
TEST(AnswerTest, ContentKeysAreStrict) {
  const auto check = [](auto alter) {
    Json json = Json::parse(AsText(FormatAnswerContent({"x", {{"content", Sealed(1)}}})));
    alter(json["content_keys"]);
    return CheckOf(json.dump());
  };
  EXPECT_EQ(check([](Json&) {}), "accepted");
  EXPECT_EQ(check([](Json& j) { j = Json::object(); }), "accepted");
  EXPECT_EQ(check([](Json& j) { j = Json::array(); }), "answer.content_keys");
  EXPECT_EQ(check([](Json& j) { j["../x"] = j["content"]; }), "answer.content_keys");
  EXPECT_EQ(check([](Json& j) {
              for (int i = 0; i < 32; i++) j["k" + std::to_string(i)] = j["content"];
            }),
            "answer.content_keys");
  EXPECT_EQ(check([](Json& j) { j["content"]["more"] = 1; }), "answer.content_keys.unknown");
  for (const char* name : {"public", "duplicate", "seed"}) {
    const std::string refused = std::string("answer.content_keys.") + name;
    EXPECT_EQ(check([&](Json& j) { j["content"].erase(name); }), refused);
    EXPECT_EQ(check([&](Json& j) { j["content"][name] = "AAAA"; }), refused);
    EXPECT_EQ(check([&](Json& j) { j["content"][name] = std::string(1000, 'A'); }), refused);
    EXPECT_EQ(check([&](Json& j) { j["content"][name] = 5; }), refused);
  }
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
