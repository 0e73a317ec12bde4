#include "protocol/local/session_statement.h"

#include <gtest/gtest.h>

#include "protocol/base64.h"
#include "protocol/crypto/ec_private_key.h"
#include "protocol/local/ec_point.h"
#include "protocol/strict_json.h"
#include "tests/protocol/examples.h"

namespace holdfast::local {
namespace {

const EcPrivateKey kSessionKey = EcPrivateKey::Generate().value();
const EcPrivateKey kLicenseKey = EcPrivateKey::Generate().value();
constexpr const char* kBootId = "0f3a2b1c-4d5e-6f70-8192-a3b4c5d6e7f8";

SessionStatement Statement() {
  SessionStatement statement;
  statement.vendor = "Northlight";
  statement.product = "modeler";
  statement.license = "0123456789abcdef0123456789abcdef";
  statement.serial = Bytes(16, 0x11);
  statement.certificate = Sha256(Bytes{1});
  statement.session_key = EcPointOf(kSessionKey.public_key());
  statement.boot_id = kBootId;
  statement.begins = examples::At("2026-11-22T06:00:00Z");
  statement.ends = examples::At("2026-11-22T18:00:00Z");
  return statement;
}

std::string Signed(ByteView payload, MessageType type = MessageType::kSession, const char* kid = "") {
  const std::string input = JwsSigningInput(type, SignatureAlgorithm::kEcdsaSha256, kid, payload);
  return FinishJws(input, kLicenseKey.Sign(Sha256(AsBytes(input))).value());
}

std::string CheckOf(std::string_view compact) {
  auto parsed = ParseSessionStatement(compact);
  return parsed ? "accepted" : parsed.error().check;
}

Json PayloadJson() {
  return ParseJson(AsText(FormatSessionStatement(Statement())), kMaxSessionSize).value();
}

std::string CheckOfPayload(const Json& json) {
  const std::string text = json.dump();
  return CheckOf(Signed(AsBytes(text)));
}

std::string CheckWith(const char* name, const Json& value) {
  Json json = PayloadJson();
  json[name] = value;
  return CheckOfPayload(json);
}

TEST(SessionStatementTest, EveryMemberSurvives) {
  const std::string compact = Signed(FormatSessionStatement(Statement()));
  auto parsed = ParseSessionStatement(compact);
  ASSERT_TRUE(parsed) << parsed.error().check;
  EXPECT_EQ(FormatSessionStatement(parsed->statement), FormatSessionStatement(Statement()));
  EXPECT_EQ(parsed->statement.serial, Statement().serial);
  EXPECT_EQ(parsed->statement.certificate, Statement().certificate);
  EXPECT_EQ(parsed->statement.session_key, Statement().session_key);
  EXPECT_EQ(parsed->statement.boot_id, kBootId);
  EXPECT_EQ(parsed->statement.ends, Statement().ends);
  EXPECT_EQ(parsed->compact, compact);
  EXPECT_TRUE(VerifyJws(parsed->jws, kLicenseKey.public_key()));
  EXPECT_FALSE(VerifyJws(parsed->jws, kSessionKey.public_key()));
}

TEST(SessionStatementTest, AnotherTypeOrAKidIsNone) {
  const Bytes payload = FormatSessionStatement(Statement());
  EXPECT_EQ(CheckOf(Signed(payload, MessageType::kReturn)), "jws.typ");
  EXPECT_EQ(CheckOf(Signed(payload, MessageType::kHeartbeat)), "jws.typ");
  EXPECT_EQ(CheckOf(Signed(payload, MessageType::kSession, "ab")), "session.header");
  EXPECT_EQ(
      CheckOf(FinishJws(JwsSigningInput(MessageType::kSession, SignatureAlgorithm::kEcdsaSha384, "", payload),
                        Bytes(96, 1))),
      "session.header");
  EXPECT_EQ(CheckOf(std::string(kMaxSessionSize + 1, 'a')), "session.size");
}

TEST(SessionStatementTest, EachMemberIsRequiredAndChecked) {
  const Json good = PayloadJson();
  ASSERT_EQ(CheckOfPayload(good), "accepted");
  for (const auto& [name, value] : good.items()) {
    Json json = PayloadJson();
    json.erase(name);
    EXPECT_EQ(CheckOfPayload(json), "session." + name) << name;
    EXPECT_EQ(CheckWith(name.c_str(), nullptr), "session." + name) << name;
  }
  EXPECT_EQ(CheckWith("schema", "2.0"), "session.schema");
  EXPECT_EQ(CheckWith("vendor", ""), "session.vendor");
  EXPECT_EQ(CheckWith("product", "../modeler"), "session.product");
  EXPECT_EQ(CheckWith("license", std::string(65, 'x')), "session.license");
  EXPECT_EQ(CheckWith("serial", "AB"), "session.serial");
  EXPECT_EQ(CheckWith("certificate", std::string(63, 'a')), "session.certificate");
  EXPECT_EQ(CheckWith("boot_id", "0F3A2B1C-4D5E-6F70-8192-A3B4C5D6E7F8"), "session.boot_id");
  EXPECT_EQ(CheckWith("boot_id", ""), "session.boot_id");
  EXPECT_EQ(CheckWith("unknown", 1), "session.unknown");
}

TEST(SessionStatementTest, TheSessionKeyIsAPointOnTheCurve) {
  Bytes point = Statement().session_key;
  point[64] ^= 1;
  EXPECT_EQ(CheckWith("session_key", Base64UrlEncode(point)), "session.session_key");
  point = Statement().session_key;
  point[0] = 0x02;
  EXPECT_EQ(CheckWith("session_key", Base64UrlEncode(point)), "session.session_key");
  EXPECT_EQ(CheckWith("session_key", Base64UrlEncode(Bytes(65, 0))), "session.session_key");
  point = Statement().session_key;
  point.pop_back();
  EXPECT_EQ(CheckWith("session_key", Base64UrlEncode(point)), "session.session_key");
}

TEST(SessionStatementTest, LastsTwelveHoursAtMost) {
  EXPECT_EQ(CheckWith("ends", "2026-11-22T18:00:01Z"), "session.ends");
  EXPECT_EQ(CheckWith("ends", "2026-11-22T06:00:00Z"), "session.ends");
  EXPECT_EQ(CheckWith("ends", "2026-11-22T05:59:59Z"), "session.ends");
  EXPECT_EQ(CheckWith("ends", "2026-11-22T06:00:01Z"), "accepted");
}

// An older library must be able to talk to a newer agent.
TEST(SessionStatementTest, WhatANewerMinorAddsIsIgnored) {
  Json json = PayloadJson();
  json["schema"] = "1.1";
  json["more"] = Json::object();
  EXPECT_EQ(CheckOfPayload(json), "accepted");
}

TEST(SessionStatementTest, EverySingleBitFlipIsRefused) {
  const std::string good = Signed(FormatSessionStatement(Statement()));
  for (size_t bit = 0; bit < good.size() * 8; bit++) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    auto parsed = ParseSessionStatement(bad);
    EXPECT_FALSE(parsed && VerifyJws(parsed->jws, kLicenseKey.public_key())) << bit;
  }
}

TEST(SessionStatementTest, ABootIdHasOneForm) {
  EXPECT_TRUE(IsBootId(kBootId));
  for (std::string bad : {"", "0f3a2b1c4d5e6f708192a3b4c5d6e7f8", "0f3a2b1c-4d5e-6f70-8192-a3b4c5d6e7f8\n",
                          "0f3a2b1c-4d5e-6f70-8192_a3b4c5d6e7f8", "gf3a2b1c-4d5e-6f70-8192-a3b4c5d6e7f8"})
    EXPECT_FALSE(IsBootId(bad)) << bad;
}

ExpectedSession Expected() {
  const SessionStatement statement = Statement();
  return {statement.vendor,
          statement.product,
          statement.license,
          statement.serial,
          statement.certificate,
          kBootId,
          statement.begins + std::chrono::hours(1)};
}

std::string MatchWith(const std::function<void(ExpectedSession&)>& change) {
  ExpectedSession expected = Expected();
  change(expected);
  const Status status = CheckSession(Statement(), expected);
  return status ? "fits" : status.error().check;
}

TEST(CheckSession, EachDifferenceHasItsName) {
  EXPECT_EQ(MatchWith([](ExpectedSession&) {}), "fits");
  EXPECT_EQ(MatchWith([](ExpectedSession& e) { e.vendor = "Southdark"; }), "session.other_vendor");
  EXPECT_EQ(MatchWith([](ExpectedSession& e) { e.product = "viewer"; }), "session.other_product");
  EXPECT_EQ(MatchWith([](ExpectedSession& e) { e.license = "x"; }), "session.other_license");
  EXPECT_EQ(MatchWith([](ExpectedSession& e) { e.serial.push_back(1); }), "session.other_license");
  EXPECT_EQ(MatchWith([](ExpectedSession& e) { e.certificate[0] ^= 1; }), "session.other_license");
  EXPECT_EQ(MatchWith([](ExpectedSession& e) { e.boot_id[0] = '1'; }), "session.other_host");
}

TEST(CheckSession, TheWindowIncludesItsEnds) {
  EXPECT_EQ(MatchWith([](ExpectedSession& e) { e.now = Statement().begins; }), "fits");
  EXPECT_EQ(MatchWith([](ExpectedSession& e) { e.now = Statement().ends; }), "fits");
  EXPECT_EQ(MatchWith([](ExpectedSession& e) { e.now = Statement().begins - Seconds(1); }), "session.window");
  EXPECT_EQ(MatchWith([](ExpectedSession& e) { e.now = Statement().ends + Seconds(1); }), "session.window");
}

}  // namespace
}  // namespace holdfast::local
