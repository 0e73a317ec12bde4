#include "signer/hsm/issuance_policy.h"

#include <gtest/gtest.h>

#include <functional>

#include "protocol/heartbeat_answer.h"
#include "protocol/return_nonce.h"
#include "protocol/time_answer.h"
#include "tests/signer/hsm/orders.h"

namespace holdfast::hsm {
namespace {

PolicyContext Context() {
  return {.vendor = kTestVendor,
          .now = kTestNow,
          .last_signed = kTestNow - Seconds(60),
          .issuer_not_before = kTestNow - Seconds(10 * 86400),
          .issuer_not_after = kTestNow + Seconds(20ll * 366 * 86400),
          .signed_last_minute = 0};
}

TEST(IssuancePolicy, AcceptsAGoodOrder) {
  auto status = CheckLicenseOrder(GoodOrder(), {}, Context());
  EXPECT_TRUE(status) << status.error().check << ": " << status.error().message;
}

TEST(IssuancePolicy, AcceptsAPerpetualLicense) {
  LicenseTerms terms = GoodTerms("lic-1");
  terms.expires.reset();
  LicenseOrder order = GoodOrder();
  order.terms_json = FormatTerms(terms);
  order.not_after = order.not_before + Seconds(3650 * 86400);
  EXPECT_TRUE(CheckLicenseOrder(order, {}, Context()));
}

struct BadOrder {
  const char* name;
  const char* check;
  std::function<void(LicenseOrder&, PolicyContext&)> spoil;
};
class BadLicenseOrder : public ::testing::TestWithParam<BadOrder> {};

TEST_P(BadLicenseOrder, IsRefusedByName) {
  LicenseOrder order = GoodOrder();
  PolicyContext context = Context();
  GetParam().spoil(order, context);
  auto status = CheckLicenseOrder(order, {}, context);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().check, GetParam().check) << status.error().message;
  EXPECT_EQ(status.error().kind, ErrorKind::kRefused);
}

using O = LicenseOrder;
using C = PolicyContext;
void SetTerms(O& o, std::function<void(LicenseTerms&)> change) {
  LicenseTerms terms = GoodTerms(o.license_id);
  change(terms);
  o.terms_json = FormatTerms(terms);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadLicenseOrder,
    ::testing::Values(
        BadOrder{"ClockSetBack", "policy.clock", [](O&, C& c) { c.last_signed = c.now + Seconds(3600); }},
        BadOrder{"TooMany", "policy.rate", [](O&, C& c) { c.signed_last_minute = 1000; }},
        BadOrder{"ShortSerial", "policy.serial", [](O& o, C&) { o.serial.pop_back(); }},
        BadOrder{"NegativeSerial", "policy.serial", [](O& o, C&) { o.serial[0] = 0x80; }},
        BadOrder{"ZeroLedSerial", "policy.serial", [](O& o, C&) { o.serial[0] = 0; }},
        BadOrder{"EndsBeforeItBegins", "policy.validity", [](O& o, C&) { o.not_after = o.not_before; }},
        BadOrder{"TooLong", "policy.validity",
                 [](O& o, C&) { o.not_after = o.not_before + Seconds(11ll * 366 * 86400); }},
        BadOrder{"Backdated", "policy.validity", [](O& o, C&) { o.not_before -= Seconds(3 * 86400); }},
        BadOrder{"FarInTheFuture", "policy.validity",
                 [](O& o, C&) {
                   o.not_before += Seconds(400 * 86400);
                   o.not_after += Seconds(400 * 86400);
                 }},
        BadOrder{"OutlivesTheIssuer", "policy.validity",
                 [](O& o, C& c) { c.issuer_not_after = o.not_after - Seconds(1); }},
        BadOrder{"EmptyLicenseId", "policy.subject", [](O& o, C&) { o.license_id.clear(); }},
        BadOrder{"ControlCharacterInCustomer", "policy.subject", [](O& o, C&) { o.customer = "a\nb"; }},
        BadOrder{"KeyIsNoKey", "policy.key", [](O& o, C&) { o.subject_spki.pop_back(); }},
        BadOrder{"KeyOfAnotherCurve", "policy.key",
                 [](O& o, C&) {
                   o.subject_spki = testing::SoftwareKey::Generate(KeyType::kEcP384)->public_key().spki();
                 }},
        BadOrder{"TermsAreNoTerms", "policy.terms", [](O& o, C&) { o.terms_json = "{}"; }},
        BadOrder{"TermsTooLarge", "policy.terms", [](O& o, C&) { o.terms_json.append(kMaxTermsSize, ' '); }},
        BadOrder{"TermsOfAnotherLicense", "policy.terms",
                 [](O& o, C&) { SetTerms(o, [](LicenseTerms& t) { t.license = "lic-2"; }); }},
        BadOrder{"TermsOfAnotherVendor", "policy.terms",
                 [](O& o, C&) { SetTerms(o, [](LicenseTerms& t) { t.vendor = "Other"; }); }},
        BadOrder{"TermsThatEndLater", "policy.terms",
                 [](O& o, C&) { SetTerms(o, [](LicenseTerms& t) { *t.expires += Seconds(1); }); }}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(IssuancePolicy, RateWindowCountsTheLastMinuteOnly) {
  RateWindow window;
  for (int i = 0; i < 10'000; i++) window.Add(kTestNow + Seconds(i / 10));
  EXPECT_EQ(window.LastMinute(kTestNow + Seconds(999)), 600);
  EXPECT_EQ(window.LastMinute(kTestNow + Seconds(1029)), 300);
  EXPECT_EQ(window.LastMinute(kTestNow + Seconds(5000)), 0);
}

CrlFields GoodList() {
  const CrlOrder order = GoodCrl(5);
  CrlFields list;
  list.number = order.number;
  list.this_update = order.this_update;
  list.next_update = order.next_update;
  return list;
}
CrlFields Previous(std::vector<RevokedEntry> entries) {
  CrlFields fields;
  fields.number = 4;
  fields.this_update = kTestNow - Seconds(86400);
  fields.next_update = kTestNow + Seconds(86400);
  fields.entries = std::move(entries);
  return fields;
}
const RevokedEntry kRevoked{Bytes{1, 2}, kTestNow - Seconds(3600), RevocationReason::kPrivilegeWithdrawn};

TEST(CrlPolicy, AcceptsAListThatKeepsWhatWasRevoked) {
  CrlFields list = GoodList();
  list.entries = {{Bytes{9}, kTestNow, RevocationReason::kCertificateHold}, kRevoked};
  const CrlFields previous = Previous({kRevoked});
  auto status = CheckCrl(list, {}, Context(), &previous);
  EXPECT_TRUE(status) << status.error().message;
}

TEST(CrlPolicy, RefusesToLoseARevocation) {
  const CrlFields previous = Previous({kRevoked});
  auto status = CheckCrl(GoodList(), {}, Context(), &previous);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().check, "crl.sequence");
}

TEST(CrlPolicy, LetsAHoldEndAndAnExpiredLicenseGo) {
  RevokedEntry hold = kRevoked, old = kRevoked;
  hold.reason = RevocationReason::kCertificateHold;
  old.serial = {2, 2};
  old.date = kTestNow - Seconds(12ll * 366 * 86400);
  const CrlFields previous = Previous({hold, old});
  auto status = CheckCrl(GoodList(), {}, Context(), &previous);
  EXPECT_TRUE(status) << status.error().message;
}

TEST(CrlPolicy, KeepsARevocationOfALicenseThatCouldBeginLater) {
  RevokedEntry revoked = kRevoked;
  revoked.date = kTestNow - IssuancePolicy().maximum_validity - Seconds(86400);
  const CrlFields previous = Previous({revoked});
  auto status = CheckCrl(GoodList(), {}, Context(), &previous);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().check, "crl.sequence");
}

TEST(CrlPolicy, RefusesToDateAPublishedRevocationBack) {
  const CrlFields previous = Previous({kRevoked});
  CrlFields list = GoodList();
  list.entries = {kRevoked};
  list.entries[0].date -= Seconds(1);
  auto status = CheckCrl(list, {}, Context(), &previous);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().check, "crl.sequence");
}

TEST(CrlPolicy, RefusesToTurnAHoldIntoARevocationThatIsOlderThanTheIssuer) {
  RevokedEntry hold = kRevoked;
  hold.reason = RevocationReason::kCertificateHold;
  const CrlFields previous = Previous({hold});
  CrlFields list = GoodList();
  list.entries = {kRevoked};
  list.entries[0].date = Context().issuer_not_before - Seconds(1);
  auto status = CheckCrl(list, {}, Context(), &previous);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().check, "policy.crl_entries");
}

TEST(CrlPolicy, KeepsAnEntryWithAnImpossibleDateThatIsPublishedAlready) {
  RevokedEntry old = kRevoked, ahead = kRevoked;
  old.date = Context().issuer_not_before - Seconds(1);
  ahead.serial = {2, 2};
  ahead.date = kTestNow + Seconds(86400);
  const CrlFields previous = Previous({old, ahead});
  CrlFields list = GoodList();
  list.entries = previous.entries;
  auto status = CheckCrl(list, {}, Context(), &previous);
  EXPECT_TRUE(status) << status.error().message;
}

struct BadList {
  const char* name;
  const char* check;
  std::function<void(CrlFields&)> spoil;
};
class BadCrl : public ::testing::TestWithParam<BadList> {};

TEST_P(BadCrl, IsRefusedByName) {
  CrlFields list = GoodList();
  GetParam().spoil(list);
  const CrlFields previous = Previous({});
  auto status = CheckCrl(list, {}, Context(), &previous);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().check, GetParam().check) << status.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadCrl,
    ::testing::Values(BadList{"NumberZero", "policy.crl_number", [](CrlFields& o) { o.number = 0; }},
                      BadList{"NumberThatLeavesNoneAfterIt", "policy.crl_number",
                              [](CrlFields& o) { o.number = INT64_MAX; }},
                      BadList{"NumberUsedBefore", "crl.sequence", [](CrlFields& o) { o.number = 4; }},
                      BadList{"OlderThanTheLast", "crl.sequence",
                              [](CrlFields& o) { o.this_update = kTestNow - Seconds(90'000); }},
                      BadList{"FromTheFuture", "policy.crl_dates",
                              [](CrlFields& o) { o.this_update = kTestNow + Seconds(3600); }},
                      BadList{"FromThePast", "policy.crl_dates",
                              [](CrlFields& o) { o.this_update = kTestNow - Seconds(9 * 86400); }},
                      BadList{"EndsAtOnce", "policy.crl_dates",
                              [](CrlFields& o) { o.next_update = o.this_update; }},
                      BadList{"LastsTooLong", "policy.crl_dates",
                              [](CrlFields& o) { o.next_update = o.this_update + Seconds(401 * 86400); }},
                      BadList{"TooManyEntries", "policy.crl_entries",
                              [](CrlFields& o) {
                                for (int i = 0; i <= 1000; i++)
                                  o.entries.push_back({Bytes{1, uint8_t(i / 256), uint8_t(i)}, kTestNow,
                                                       RevocationReason::kUnspecified});
                              }},
                      BadList{"SameSerialTwice", "policy.crl_entries",
                              [](CrlFields& o) {
                                o.entries = {kRevoked, kRevoked};
                              }},
                      BadList{"EmptySerial", "policy.crl_entries",
                              [](CrlFields& o) {
                                o.entries = {{Bytes{}, kTestNow, {}}};
                              }},
                      BadList{"RevokedTomorrow", "policy.crl_entries",
                              [](CrlFields& o) {
                                o.entries = {{Bytes{1}, kTestNow + Seconds(86400), {}}};
                              }}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(MessagePolicy, AcceptsTheClaimsOfAProductKey) {
  auto status = CheckMessageOrder(GoodMessage(), {}, Context());
  EXPECT_TRUE(status) << status.error().check << ": " << status.error().message;
}

TEST(MessagePolicy, RefusesOtherTypesOtherVendorsAndOtherOctets) {
  MessageOrder approval = GoodMessage(), octets = GoodMessage(), foreign = GoodMessage();
  approval.type = MessageType::kApproval;
  octets.payload = {1, 2, 3};
  PolicyContext other = Context();
  other.vendor = "Other";
  EXPECT_EQ(CheckMessageOrder(approval, {}, Context()).error().check, "policy.message");
  EXPECT_EQ(CheckMessageOrder(octets, {}, Context()).error().check, "policy.message");
  EXPECT_EQ(CheckMessageOrder(foreign, {}, other).error().check, "policy.message.iss");
  EXPECT_EQ(CheckMessageOrder(foreign, {}, other).error().kind, ErrorKind::kRefused);
}

MessageOrder NonceOrder(const LicenseMessage& nonce) {
  return {"default", MessageType::kReturnNonce, FormatMessage(kReturnNonce, nonce)};
}
LicenseMessage GoodNonce() {
  return {.vendor = Context().vendor,
          .product = "editor",
          .license = "L-1",
          .serial = Bytes(16, 0x11),
          .nonce = Bytes(32, 7),
          .time = kTestNow};
}

TEST(MessagePolicy, SignsReturnNoncesOfThisVendorThatAreAboutNow) {
  EXPECT_TRUE(CheckMessageOrder(NonceOrder(GoodNonce()), {}, Context()));
  LicenseMessage foreign = GoodNonce(), old = GoodNonce();
  foreign.vendor = "Other";
  old.time -= Seconds(3 * 86400);
  EXPECT_EQ(CheckMessageOrder(NonceOrder(foreign), {}, Context()).error().check, "policy.message.vendor");
  EXPECT_EQ(CheckMessageOrder(NonceOrder(old), {}, Context()).error().check, "policy.message.issued");
  MessageOrder octets = NonceOrder(GoodNonce());
  octets.payload = {1, 2, 3};
  EXPECT_EQ(CheckMessageOrder(octets, {}, Context()).error().check, "policy.message");
  octets.payload = GoodMessage().payload;  // a product key under a nonce's name
  EXPECT_EQ(CheckMessageOrder(octets, {}, Context()).error().check, "policy.message");
}

TEST(MessagePolicy, SignsTimeAnswersOfThisVendorThatAreOfNow) {
  const auto order = [](const LicenseMessage& answer) {
    return MessageOrder{"default", MessageType::kTimeAnswer, FormatMessage(kTimeAnswer, answer)};
  };
  EXPECT_TRUE(CheckMessageOrder(order(GoodNonce()), {}, Context()));
  LicenseMessage foreign = GoodNonce(), old = GoodNonce(), early = GoodNonce();
  foreign.vendor = "Other";
  old.time -= Seconds(600);
  early.time += Seconds(600);
  EXPECT_EQ(CheckMessageOrder(order(foreign), {}, Context()).error().check, "policy.message.vendor");
  EXPECT_EQ(CheckMessageOrder(order(old), {}, Context()).error().check, "policy.message.time");
  EXPECT_EQ(CheckMessageOrder(order(early), {}, Context()).error().check, "policy.message.time");
  MessageOrder nonce = NonceOrder(GoodNonce());  // under a time answer's name
  nonce.type = MessageType::kTimeAnswer;
  EXPECT_EQ(CheckMessageOrder(nonce, {}, Context()).error().check, "policy.message");
}

TEST(MessagePolicy, SignsHeartbeatAnswersOfThisVendorThatAreOfNow) {
  HeartbeatAnswer good;
  good.vendor = GoodNonce().vendor;
  good.product = GoodNonce().product;
  good.license = GoodNonce().license;
  good.sequence = 1;
  good.time = GoodNonce().time;
  const auto order = [](const HeartbeatAnswer& answer) {
    return MessageOrder{"default", MessageType::kHeartbeatAnswer, FormatHeartbeatAnswer(answer)};
  };
  EXPECT_TRUE(CheckMessageOrder(order(good), {}, Context()));
  HeartbeatAnswer foreign = good, old = good, early = good;
  foreign.vendor = "Other";
  old.time -= Seconds(600);
  early.time += Seconds(600);
  EXPECT_EQ(CheckMessageOrder(order(foreign), {}, Context()).error().check, "policy.message.vendor");
  EXPECT_EQ(CheckMessageOrder(order(old), {}, Context()).error().check, "policy.message.time");
  EXPECT_EQ(CheckMessageOrder(order(early), {}, Context()).error().check, "policy.message.time");
  MessageOrder time{"default", MessageType::kHeartbeatAnswer, FormatMessage(kTimeAnswer, GoodNonce())};
  EXPECT_EQ(CheckMessageOrder(time, {}, Context()).error().check, "policy.message");
}

TEST(MessagePolicy, RefusesMoreThanTheRate) {
  PolicyContext context = Context();
  context.signed_last_minute = 1000;
  EXPECT_EQ(CheckMessageOrder(GoodMessage(), {}, context).error().check, "policy.rate");
}

}  // namespace
}  // namespace holdfast::hsm
