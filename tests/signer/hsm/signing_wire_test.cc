#include "signer/signing_wire.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

LicenseOrder Order() {
  LicenseOrder order;
  order.line = "default";
  order.serial = {1, 2, 3};
  order.license_id = "lic-1";
  order.customer = "Müller \"& Söhne\"";
  order.not_before = Time(Seconds(1'700'000'000));
  order.not_after = Time(Seconds(1'800'000'000));
  order.subject_spki = {0x30, 0x00};
  order.terms_json = "{\"schema\":\"1.0\"}";
  order.shard = 7;
  order.reason = "activation 12";
  return order;
}

TEST(SigningWire, LicenseOrderComesBackAsItWas) {
  auto call = ParseSigningCall(FormatSigningCall(Order()));
  ASSERT_TRUE(call) << call.error().message;
  const auto& got = std::get<LicenseOrder>(*call);
  const LicenseOrder want = Order();
  EXPECT_EQ(got.line, want.line);
  EXPECT_EQ(got.serial, want.serial);
  EXPECT_EQ(got.license_id, want.license_id);
  EXPECT_EQ(got.customer, want.customer);
  EXPECT_EQ(got.not_before, want.not_before);
  EXPECT_EQ(got.not_after, want.not_after);
  EXPECT_EQ(got.subject_spki, want.subject_spki);
  EXPECT_EQ(got.terms_json, want.terms_json);
  EXPECT_EQ(got.shard, want.shard);
  EXPECT_EQ(got.reason, want.reason);
}

TEST(SigningWire, CrlOrderOfTheLargestShardFitsAFrame) {
  CrlOrder order{.line = "default", .issuer_key_id = Bytes(20, 0xab), .number = 5};
  for (size_t i = 0; i < kMaxCrlEntries; i++)
    order.entries.push_back({Bytes(16, static_cast<uint8_t>(i)), Time(Seconds(1'700'000'000)),
                             RevocationReason::kPrivilegeWithdrawn});
  const std::string text = FormatSigningCall(order);
  EXPECT_LE(text.size(), kMaxSigningFrame);
  auto call = ParseSigningCall(text);
  ASSERT_TRUE(call) << call.error().message;
  EXPECT_EQ(std::get<CrlOrder>(*call).entries.size(), kMaxCrlEntries);
  EXPECT_EQ(std::get<CrlOrder>(*call).entries.back().reason, RevocationReason::kPrivilegeWithdrawn);
}

TEST(SigningWire, RefusesAReasonCodeOutsideTheProfile) {
  CrlOrder order{
      .line = "default", .number = 5, .entries = {{Bytes{1}, Time(Seconds(1)), RevocationReason(2)}}};
  auto call = ParseSigningCall(FormatSigningCall(order));
  ASSERT_FALSE(call);
  EXPECT_EQ(call.error().check, "wire.entries.reason");
}

TEST(SigningWire, MessageOrderComesBackAsItWas) {
  auto call = ParseSigningCall(FormatSigningCall(MessageOrder{.line = "l", .payload = {'{', '}'}}));
  ASSERT_TRUE(call);
  EXPECT_EQ(std::get<MessageOrder>(*call).payload, (Bytes{'{', '}'}));
}

TEST(SigningWire, RefusesUnknownCallsMembersAndTypes) {
  for (
      const char* text :
      {R"({"schema":"1","call":"sign_octets","order":{}})", R"({"schema":"2","call":"status","order":{}})",
       R"({"schema":"1","call":"status","order":{"x":1}})", R"({"schema":"1","call":"status","order":[]})",
       R"({"schema":"1","call":"status"})", R"({"schema":"1","call":"status","order":{},"more":1})",
       R"({"schema":"1","call":"status","order":{}} )"
       "x",
       "[]", "7", "", "{",
       R"({"schema":"1","call":"sign_message","order":{"line":"l","type":"holdfast-request","payload":""}})"}) {
    EXPECT_FALSE(ParseSigningCall(text)) << text;
  }
}

TEST(SigningWire, EveryKindOfErrorCrossesUnchanged) {
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::kInternal); kind++) {
    const Error error{static_cast<ErrorKind>(kind), "policy.validity", "it lasts too long", "Ask for less"};
    auto answer = ParseDerAnswer(FormatSigningAnswer(tl::unexpected(error)));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, error.kind);
    EXPECT_EQ(answer.error().check, error.check);
    EXPECT_EQ(answer.error().message, error.message);
    EXPECT_EQ(answer.error().advice, error.advice);
  }
}

TEST(SigningWire, StatusComesBackAsItWas) {
  SignerStatus status;
  status.state = "ok";
  status.last_good_signature_age = Seconds(3);
  status.audit_sequence = 12;
  status.audit_head = std::string(64, 'a');
  status.issuers = {{"default", {1}, {2}, true}, {"default", {3}, {4}, false}};
  status.root_certificate = {5};
  auto got = ParseStatusAnswer(FormatSigningAnswer(SigningValue(status)));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->state, "ok");
  EXPECT_EQ(got->last_good_signature_age, Seconds(3));
  EXPECT_EQ(got->audit_sequence, 12);
  ASSERT_EQ(got->issuers.size(), 2u);
  EXPECT_TRUE(got->issuers[0].current);
  EXPECT_EQ(got->issuers[1].message_certificate, (Bytes{4}));
}

TEST(SigningWire, AnUnreadableAnswerIsUnavailable) {
  for (const char* text : {"", "{}", "[]", R"({"value":1})", R"({"value":"*"})", R"({"value":"","error":{}})",
                           R"({"error":{"kind":"odd","check":"","message":"","advice":""}})"}) {
    auto answer = ParseDerAnswer(text);
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().kind, ErrorKind::kUnavailable) << text;
    EXPECT_EQ(answer.error().check, "wire.answer") << text;
  }
}

TEST(SigningWire, FrameHeaderIsBounded) {
  EXPECT_EQ(*ParseSigningFrameHeader(Bytes{0, 0, 1, 0}), 256u);
  EXPECT_EQ(*ParseSigningFrameHeader(Bytes{0, 4, 0, 0}), kMaxSigningFrame);
  EXPECT_FALSE(ParseSigningFrameHeader(Bytes{0, 4, 0, 1}));
  EXPECT_FALSE(ParseSigningFrameHeader(Bytes{0, 0, 0, 0}));
  EXPECT_FALSE(ParseSigningFrameHeader(Bytes{0, 0, 1}));
}

}  // namespace
}  // namespace holdfast
