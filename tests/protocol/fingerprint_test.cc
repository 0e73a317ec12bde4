#include "protocol/fingerprint.h"

#include <gtest/gtest.h>

#include "protocol/base64.h"

namespace holdfast {
namespace {

const HostComponents kHost{{"machine-id", {"0123456789abcdef0123456789abcdef"}},
                           {"nic", {"525400123456", "525400abcdef"}},
                           {"root-disk", {"serial QM00001"}},
                           {"cpu", {"cpu:type:x86,ven0000fam0006mod0055"}},
                           {"model", {"Maker/Box 7/Board"}}};

Fingerprint Made(const HostComponents& components) {
  return MakeFingerprint("Example Vendor", "editor", components);
}
// The components that differ when `alter` has changed the host, and whether it is still the same.
template <class F>
std::string After(F alter) {
  HostComponents host = kHost;
  alter(host);
  const FingerprintMatch result = MatchFingerprint(Made(kHost), Made(host));
  std::string text = result.match ? "same:" : "other:";
  for (const std::string& name : result.differ) text += " " + name;
  return text;
}

// By python3's hmac module.
TEST(FingerprintTest, ValuesAreTheDocumentedHmacs) {
  const Fingerprint made = Made(kHost);
  EXPECT_EQ(Base64UrlEncode(made.at("machine-id")[0]), "TR6hqbZAE4suanD-TKfQTb3FQ-zMQ5-TSte5MZU9Dew");
  ASSERT_EQ(made.at("nic").size(), 2u);
  EXPECT_EQ(Base64UrlEncode(made.at("nic")[0]), "EzDPNkIeiYpD11Zpwjapwb6cSAxmh2D8iCw-AJMPSpQ");
  EXPECT_EQ(Base64UrlEncode(made.at("nic")[1]), "6BTzeFeSrWMXNVmstewVmL4nemMiE9dXOx8OA8-9yFM");
}
TEST(FingerprintTest, OfTwoVendorsOrProductsHasNothingInCommon) {
  const Fingerprint made = Made(kHost);
  EXPECT_EQ(MatchFingerprint(made, MakeFingerprint("Other Vendor", "editor", kHost)).differ.size(), 5u);
  EXPECT_EQ(MatchFingerprint(made, MakeFingerprint("Example Vendor", "viewer", kHost)).differ.size(), 5u);
}
TEST(FingerprintTest, TheSameHostMatches) {
  EXPECT_EQ(After([](HostComponents&) {}), "same:");
}
TEST(FingerprintTest, OneChangedComponentIsToleratedAndNamed) {
  for (const auto& component : kHost)
    EXPECT_EQ(After([&](HostComponents& h) { h[component.first] = {"another"}; }),
              "same: " + component.first);
}
TEST(FingerprintTest, OneMissingComponentIsTolerated) {
  EXPECT_EQ(After([](HostComponents& h) { h.erase("machine-id"); }), "same: machine-id");
}
TEST(FingerprintTest, TwoChangedComponentsAreAnotherHost) {
  EXPECT_EQ(After([](HostComponents& h) { h["nic"] = h["cpu"] = {"another"}; }), "other: cpu nic");
}
TEST(FingerprintTest, OneNetworkCardOfTwoMayBeReplacedWithoutADifference) {
  EXPECT_EQ(After([](HostComponents& h) { h["nic"][0] = "525400999999"; }), "same:");
}
TEST(FingerprintTest, WhatIsThereBesidesDoesNotMatter) {
  EXPECT_EQ(After([](HostComponents& h) { h["board"] = {"S/N 1"}, h["nic"].push_back("525400999999"); }),
            "same:");
}
TEST(FingerprintTest, AnotherHostOfTheSameModelDiffers) {
  EXPECT_EQ(After([](HostComponents& h) { h["machine-id"] = h["nic"] = h["root-disk"] = {"another"}; }),
            "other: machine-id nic root-disk");
}
TEST(FingerprintTest, AModelAloneIsNoHost) {
  const Fingerprint model = Made({{"cpu", {"c"}}, {"model", {"m"}}});
  EXPECT_FALSE(MatchFingerprint(model, model).match);
  EXPECT_FALSE(MatchFingerprint({}, Made(kHost)).match);
  EXPECT_FALSE(MatchFingerprint({}, {}).match);
}
TEST(FingerprintTest, NothingReadableIsAnotherHost) {
  EXPECT_FALSE(MatchFingerprint(Made(kHost), {}).match);
}
TEST(FingerprintTest, TwoIdentifyingComponentsAreNeeded) {
  EXPECT_TRUE(IsIdentifying(Made({{"machine-id", {"a"}}, {"nic", {"b"}}})));
  EXPECT_FALSE(IsIdentifying(Made({{"machine-id", {"a"}}, {"cpu", {"b"}}, {"model", {"c"}}})));
  EXPECT_FALSE(IsIdentifying({}));
}
TEST(FingerprintTest, HasAtMostEightValuesOfAComponentAndNoUnknownOnes) {
  HostComponents many{{"nic", {}}, {"shoe-size", {"44"}}};
  for (int i = 0; i < 20; i++) many["nic"].push_back("52540000000" + std::to_string(i % 10));
  const Fingerprint made = Made(many);
  EXPECT_EQ(made.size(), 1u);
  EXPECT_EQ(made.at("nic").size(), kMaxComponentValues);
}

std::string Reading(const Json& fingerprint) {
  const Json value{{"fingerprint", fingerprint}};
  JsonObject o(value, "x");
  ReadFingerprint(o, "fingerprint");
  auto status = o.Finish();
  return status ? "accepted" : status.error().check;
}

TEST(FingerprintTest, SurvivesItsJson) {
  const Json value{{"fingerprint", FormatFingerprint(Made(kHost))}};
  JsonObject o(value, "x");
  EXPECT_EQ(ReadFingerprint(o, "fingerprint"), Made(kHost));
  EXPECT_TRUE(o.Finish());
}
TEST(FingerprintTest, ItsJsonIsStrict) {
  const std::string value = Base64UrlEncode(Bytes(32, 1));
  EXPECT_EQ(Reading({{"nic", {value}}}), "accepted");
  EXPECT_EQ(Reading({{"nic", std::vector<std::string>(8, value)}}), "accepted");
  EXPECT_EQ(Reading({{"nic", std::vector<std::string>(9, value)}}), "x.fingerprint");
  EXPECT_EQ(Reading({{"nic", Json::array()}}), "x.fingerprint");
  EXPECT_EQ(Reading({{"nic", value}}), "x.fingerprint");
  EXPECT_EQ(Reading({{"nic", {5}}}), "x.fingerprint");
  EXPECT_EQ(Reading({{"nic", {Base64UrlEncode(Bytes(31, 1))}}}), "x.fingerprint");
  EXPECT_EQ(Reading({{"nic", {value + "="}}}), "x.fingerprint");
  EXPECT_EQ(Reading({{"shoe-size", {value}}}), "x.fingerprint");
  EXPECT_EQ(Reading(Json::object()), "x.fingerprint");
  EXPECT_EQ(Reading(5), "x.fingerprint");
}

}  // namespace
}  // namespace holdfast
