#include "protocol/local/answer_mac.h"

#include <gtest/gtest.h>

#include "protocol/base64.h"

namespace holdfast::local {
namespace {

constexpr std::string_view kJson = "{\"ok\":true}";
const Sha256Digest kAsked = Sha256(AsBytes("{\"op\":\"status\"}"));
const Sha256Digest kOther = Sha256(AsBytes("{\"op\":\"entitlements\"}"));

AnswerSequence Sequence(uint8_t key = 7) {
  return AnswerSequence(Secret(Bytes(32, key)));
}

std::string Opened(AnswerSequence& sequence, const Sha256Digest& request, std::string_view line) {
  const auto json = sequence.Open(request, line);
  return json ? std::string(*json) : json.error().check;
}

TEST(AnswerSequence, WhatIsSealedOpensInOrder) {
  AnswerSequence agent = Sequence(), application = Sequence();
  for (int i = 0; i < 3; i++) {
    const std::string text = "{\"n\":" + std::to_string(i) + "}";
    EXPECT_EQ(Opened(application, kAsked, agent.Seal(kAsked, text)), text);
  }
}

TEST(AnswerSequence, TheCodeIsAsDocumented) {
  AnswerSequence agent = Sequence();
  agent.Seal(kAsked, kJson);
  const Bytes second{0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(agent.Seal(kAsked, kJson),
            Base64UrlEncode(Hmac(HashAlgorithm::kSha256, Bytes(32, 7), {second, kAsked, AsBytes(kJson)})) +
                " " + std::string(kJson));
}

TEST(AnswerSequence, AnAlteredAnswerIsRefused) {
  const std::string good = Sequence().Seal(kAsked, kJson);
  for (size_t bit = 0; bit < good.size() * 8; bit++) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    AnswerSequence application = Sequence();
    EXPECT_FALSE(application.Open(kAsked, bad)) << bit;
  }
}

TEST(AnswerSequence, AnAnswerThatIsRepeatedLeftOutOrToAnotherQuestionIsRefused) {
  AnswerSequence agent = Sequence();
  const std::string first = agent.Seal(kAsked, kJson), second = agent.Seal(kAsked, kJson);
  AnswerSequence repeated = Sequence();
  ASSERT_EQ(Opened(repeated, kAsked, first), kJson);
  EXPECT_EQ(Opened(repeated, kAsked, first), "mac.mismatch");
  AnswerSequence left_out = Sequence();
  EXPECT_EQ(Opened(left_out, kAsked, second), "mac.mismatch");
  AnswerSequence other = Sequence();
  EXPECT_EQ(Opened(other, kOther, first), "mac.mismatch");
  AnswerSequence stranger = Sequence(8);
  EXPECT_EQ(Opened(stranger, kAsked, first), "mac.mismatch");
}

TEST(AnswerSequence, ALineWithoutACodeIsRefused) {
  for (std::string line : {std::string(kJson), std::string(), std::string(43, 'A'), std::string(44, 'A'),
                           std::string(43, 'A') + "\t{}"}) {
    AnswerSequence application = Sequence();
    EXPECT_EQ(Opened(application, kAsked, line), "mac.form") << line;
  }
  AnswerSequence application = Sequence();
  EXPECT_EQ(Opened(application, kAsked, std::string(43, 'A') + " "), "mac.mismatch");
}

TEST(AnswerSequence, AfterAnErrorNothingOpens) {
  AnswerSequence agent = Sequence(), application = Sequence();
  const std::string good = agent.Seal(kAsked, kJson);
  EXPECT_EQ(Opened(application, kOther, good), "mac.mismatch");
  EXPECT_EQ(Opened(application, kAsked, good), "mac.form");
}

}  // namespace
}  // namespace holdfast::local
