#include "protocol/local/challenge.h"

#include <gtest/gtest.h>

#include "protocol/base64.h"
#include "protocol/byte_cursor.h"
#include "protocol/crypto/random.h"
#include "protocol/json_text.h"
#include "protocol/local/ec_point.h"
#include "tests/protocol/examples.h"

namespace holdfast::local {
namespace {

class ChallengeTest : public ::testing::Test {
 protected:
  static EcPrivateKey NewKey() { return EcPrivateKey::Generate().value(); }
  AnsweredChallenge Answered() const { return AnswerChallenge(challenge, proof, kNow).value(); }
  std::string CheckOf(const ChallengeAnswer& answer) const {
    auto key = VerifyChallengeAnswer(challenge, own, answer, proof.session_key.public_key());
    return key ? "accepted" : key.error().check;
  }

  const Time kNow = examples::At("2026-11-22T06:00:00Z");
  EcPrivateKey own = NewKey();
  SessionProof proof{"-----BEGIN CERTIFICATE-----\n", "header.payload.signature", NewKey()};
  Challenge challenge{"modeler", RandomBytes(kChallengeNonceSize), EcPointOf(own.public_key())};
};

TEST_F(ChallengeTest, BothSidesAgreeOnOneKey) {
  const AnsweredChallenge answered = Answered();
  auto key = VerifyChallengeAnswer(challenge, own, answered.answer, proof.session_key.public_key());
  ASSERT_TRUE(key) << key.error().check;
  EXPECT_EQ(key->size(), 32u);
  EXPECT_TRUE(key->Equals(answered.key));
  EXPECT_FALSE(Answered().key.Equals(answered.key)) << "each challenge has its own";
}

TEST_F(ChallengeTest, TheTranscriptIsAsDocumented) {
  const ChallengeAnswer answer = Answered().answer;
  Bytes text = ToBytes(std::string_view("holdfast challenge v1\0", 22));
  const auto add = [&](ByteView part) {
    Append(text, Bytes{0, 0, static_cast<uint8_t>(part.size() >> 8), static_cast<uint8_t>(part.size())});
    Append(text, part);
  };
  add(challenge.nonce);
  add(challenge.key);
  add(answer.key);
  add(AsBytes(answer.session));
  add(AsBytes(answer.file));
  add(AsBytes("2026-11-22T06:00:00Z"));
  EXPECT_EQ(ChallengeTranscript(challenge, answer), Sha256(text));
}

TEST_F(ChallengeTest, ARecordedAnswerIsRefused) {
  const ChallengeAnswer recorded = Answered().answer;
  challenge.nonce = RandomBytes(kChallengeNonceSize);
  EXPECT_EQ(CheckOf(recorded), "challenge.signature");
}

TEST_F(ChallengeTest, AnAnswerToAnotherEphemeralKeyIsRefused) {
  const ChallengeAnswer recorded = Answered().answer;
  own = NewKey();
  challenge.key = EcPointOf(own.public_key());
  EXPECT_EQ(CheckOf(recorded), "challenge.signature");
}

TEST_F(ChallengeTest, AFakeAgentWithoutTheSessionKeyIsRefused) {
  SessionProof fake = proof;
  fake.session_key = NewKey();
  EXPECT_EQ(CheckOf(AnswerChallenge(challenge, fake, kNow)->answer), "challenge.signature");
}

TEST_F(ChallengeTest, EveryPartOfTheAnswerIsSigned) {
  const auto with = [&](const std::function<void(ChallengeAnswer&)>& change) {
    ChallengeAnswer answer = Answered().answer;
    change(answer);
    return CheckOf(answer);
  };
  EXPECT_EQ(with([](ChallengeAnswer&) {}), "accepted");
  EXPECT_EQ(with([](ChallengeAnswer& a) { a.file += "x"; }), "challenge.signature");
  EXPECT_EQ(with([](ChallengeAnswer& a) { a.session[0] = 'x'; }), "challenge.signature");
  EXPECT_EQ(with([](ChallengeAnswer& a) { a.key = EcPointOf(NewKey().public_key()); }),
            "challenge.signature");
  EXPECT_EQ(with([](ChallengeAnswer& a) { a.time += Seconds(1); }), "challenge.signature");
  EXPECT_EQ(with([](ChallengeAnswer& a) { a.signature[5] ^= 1; }), "challenge.signature");
  EXPECT_EQ(with([](ChallengeAnswer& a) { a.product = "viewer"; }), "challenge.product");
  // What moves from one part to the next is another transcript.
  EXPECT_EQ(with([](ChallengeAnswer& a) {
              a.file.insert(0, 1, a.session.back());
              a.session.pop_back();
            }),
            "challenge.signature");
}

TEST_F(ChallengeTest, TheRequestSurvivesItsLine) {
  const Json json = ParseJson(FormatChallenge(challenge), 4096).value();
  JsonObject object(json, "api");
  EXPECT_EQ(object.String("op", 32), "challenge");
  const Challenge read = ReadChallenge(object);
  ASSERT_TRUE(object.Finish());
  EXPECT_EQ(read.product, challenge.product);
  EXPECT_EQ(read.nonce, challenge.nonce);
  EXPECT_EQ(read.key, challenge.key);
}

TEST_F(ChallengeTest, EachMemberOfTheRequestIsChecked) {
  const auto with = [&](const char* name, const Json& value) {
    Json json = ParseJson(FormatChallenge(challenge), 4096).value();
    json[name] = value;
    JsonObject object(json, "api");
    object.Accept("op");
    ReadChallenge(object);
    const Status status = object.Finish();
    return status ? "accepted" : status.error().check;
  };
  Bytes off_curve = challenge.key;
  off_curve[64] ^= 1;
  EXPECT_EQ(with("product", "../x"), "api.product");
  EXPECT_EQ(with("nonce", std::string(62, 'a')), "api.nonce");
  EXPECT_EQ(with("nonce", std::string(66, 'a')), "api.nonce");
  EXPECT_EQ(with("nonce", std::string(64, 'x')), "api.nonce");
  EXPECT_EQ(with("key", Base64UrlEncode(off_curve)), "api.key");
  EXPECT_EQ(with("key", ""), "api.key");
  EXPECT_EQ(with("key", 7), "api.key");
  EXPECT_EQ(with("more", 1), "api.unknown");
}

TEST_F(ChallengeTest, TheAnswerSurvivesItsJson) {
  const ChallengeAnswer answer = Answered().answer;
  const auto read = ParseChallengeAnswer(FormatJson(FormatChallengeAnswer(answer)));
  ASSERT_TRUE(read) << read.error().check;
  EXPECT_EQ(CheckOf(*read), "accepted");
  EXPECT_EQ(read->file, answer.file);
  EXPECT_EQ(read->session, answer.session);
}

TEST_F(ChallengeTest, EachMemberOfTheAnswerIsRequiredAndChecked) {
  const Json good = FormatChallengeAnswer(Answered().answer);
  for (const char* name : {"product", "file", "session", "key", "time", "signature"}) {
    const std::string check = std::string("challenge_answer.") + name;
    Json json = good;
    json.erase(name);
    EXPECT_EQ(ParseChallengeAnswer(FormatJson(json)).error().check, check);
    json[name] = 7;
    EXPECT_EQ(ParseChallengeAnswer(FormatJson(json)).error().check, check);
  }
  Json json = good;
  json["signature"] = Base64UrlEncode(Bytes(63, 1));
  EXPECT_EQ(ParseChallengeAnswer(FormatJson(json)).error().check, "challenge_answer.signature");
  json = good;
  json["later"] = "added";
  EXPECT_TRUE(ParseChallengeAnswer(FormatJson(json)));
}

TEST(ParseAnswer, TheAgentsErrorIsTheError) {
  const auto refused = ParseAnswer(
      R"({"ok":false,"error":{"kind":"unavailable","check":"challenge.unproven","message":"not yet"}})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "challenge.unproven");
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
}

TEST(ParseAnswer, WhatIsNoAnswerIsNamed) {
  for (const char* text : {"[]", "7", "{}", R"({"ok":1})", R"({"ok":false})", R"({"answer":true})"})
    EXPECT_EQ(ParseAnswer(text).error().check, "api.answer") << text;
  EXPECT_EQ(ParseAnswer(std::string(kMaxAnswer + 1, ' ')).error().check, "json.size");
  EXPECT_EQ(ParseAnswer("").error().check, "json.syntax");
}

}  // namespace
}  // namespace holdfast::local
