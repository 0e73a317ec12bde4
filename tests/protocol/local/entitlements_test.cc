#include "protocol/local/entitlements.h"

#include <gtest/gtest.h>

#include "protocol/json_text.h"
#include "tests/protocol/examples.h"

namespace holdfast::local {
namespace {

Entitlements Sample() {
  Entitlements sample;
  sample.product = "modeler";
  sample.generation = 7;
  sample.time = examples::At("2026-11-22T06:00:00Z");
  sample.keep = Seconds(300);
  sample.decisions = {{"export", {true, {"expiring"}, FeatureValue(true)}},
                      {"threads", {true, {"expiring"}, FeatureValue(int64_t{8})}},
                      {"tier", {true, {"expiring"}, FeatureValue(std::string("gold"))}},
                      {"sso", {false, {"feature_not_granted", "expiring"}, {}}}};
  sample.otherwise = {false, {"unknown_feature", "expiring"}, {}};
  sample.advice = {{"expiring", "renew it with the vendor"}};
  sample.license = {{"product", "modeler"},
                    {"state", "expiring"},
                    {"reasons", {"expiring"}},
                    {"edition", "pro"},
                    {"expires", "2026-12-01T00:00:00Z"},
                    {"days_left", 8},
                    {"limits", {{"users", {{"kind", "seats"}, {"max", 5}}}}}};
  return sample;
}

std::string CheckOf(const Json& json) {
  auto parsed = ParseEntitlements(FormatJson(json));
  return parsed ? "accepted" : parsed.error().check;
}

std::string CheckWith(std::initializer_list<const char*> path, const Json& value) {
  Json json = FormatEntitlements(Sample());
  Json* place = &json;
  for (const char* name : path) place = &(*place)[name];
  *place = value;
  return CheckOf(json);
}

TEST(EntitlementsTest, EveryMemberSurvives) {
  auto read = ParseEntitlements(FormatJson(FormatEntitlements(Sample())));
  ASSERT_TRUE(read) << read.error().check << ": " << read.error().message;
  EXPECT_EQ(read->product, "modeler");
  EXPECT_EQ(read->generation, 7);
  EXPECT_EQ(read->time, Sample().time);
  EXPECT_EQ(read->keep, Seconds(300));
  EXPECT_EQ(read->decisions, Sample().decisions);
  EXPECT_EQ(read->otherwise, Sample().otherwise);
  EXPECT_EQ(read->advice, Sample().advice);
  EXPECT_EQ(read->license, Sample().license);
}

TEST(EntitlementsTest, TheLicenseIsRead) {
  const auto status = ParseLicenseStatus(Sample().license);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->state, "expiring");
  EXPECT_EQ(status->reasons, std::vector<std::string>{"expiring"});
  EXPECT_EQ(status->edition, "pro");
  EXPECT_EQ(FormatTime(*status->expires), "2026-12-01T00:00:00Z");
  EXPECT_EQ(status->days_left, 8);
  EXPECT_EQ(status->limits.at("users").max, 5);
}

TEST(EntitlementsTest, WithoutALicenseThereIsNone) {
  Entitlements none;
  none.product = "modeler";
  none.otherwise = {false, {"no_license"}, {}};
  auto read = ParseEntitlements(FormatJson(FormatEntitlements(none)));
  ASSERT_TRUE(read) << read.error().check;
  EXPECT_TRUE(read->license.is_null());
  EXPECT_TRUE(read->decisions.empty());
}

TEST(EntitlementsTest, EachMemberIsChecked) {
  for (const char* name : {"product", "generation", "time", "keep", "decisions", "otherwise", "advice"}) {
    Json json = FormatEntitlements(Sample());
    json.erase(name);
    EXPECT_EQ(CheckOf(json), std::string("entitlements.") + name);
    EXPECT_EQ(CheckWith({name}, nullptr), std::string("entitlements.") + name);
  }
  EXPECT_EQ(CheckWith({"generation"}, -1), "entitlements.generation");
  EXPECT_EQ(CheckWith({"keep"}, "8d"), "entitlements.keep");
  EXPECT_EQ(CheckWith({"keep"}, "7d"), "accepted");
  EXPECT_EQ(CheckWith({"advice", "expiring"}, "a\nb"), "entitlements.advice");
  EXPECT_EQ(CheckWith({"advice", "Not A Reason"}, "x"), "entitlements.advice");
  EXPECT_EQ(CheckWith({"license"}, 7), "entitlements.license");
  EXPECT_EQ(CheckWith({"later"}, "added"), "accepted");
  EXPECT_EQ(CheckWith({"ok"}, false), "api.answer");
}

TEST(EntitlementsTest, EachDecisionIsChecked) {
  EXPECT_EQ(CheckWith({"decisions", "Export"}, Json::object()), "entitlements.decisions");
  EXPECT_EQ(CheckWith({"decisions", "export"}, true), "entitlements.decisions");
  EXPECT_EQ(CheckWith({"decisions", "export", "allowed"}, 1), "entitlements.decisions.allowed");
  EXPECT_EQ(CheckWith({"decisions", "export", "reasons"}, Json::array()), "entitlements.decisions.reasons");
  EXPECT_EQ(CheckWith({"decisions", "export", "reasons"}, Json::array({7})),
            "entitlements.decisions.reasons");
  EXPECT_EQ(CheckWith({"decisions", "export", "reasons"}, Json(std::vector<std::string>(33, "grace"))),
            "entitlements.decisions.reasons");
  EXPECT_EQ(CheckWith({"decisions", "export", "later"}, 1), "accepted");
  EXPECT_EQ(CheckWith({"otherwise", "allowed"}, nullptr), "entitlements.otherwise.allowed");
}

TEST(EntitlementsTest, ThereIsAValueIfAndOnlyIfTheFeatureIsGranted) {
  for (const Json& bad : {Json(false), Json(nullptr), Json(int64_t{1} << 53), Json(std::string(257, 'x')),
                          Json("a\x1b[0m"), Json::array({1})})
    EXPECT_EQ(CheckWith({"decisions", "export", "value"}, bad), "entitlements.decisions.value") << bad.dump();
  EXPECT_EQ(CheckWith({"decisions", "sso", "value"}, true), "entitlements.decisions.value");
  EXPECT_EQ(CheckWith({"decisions", "sso", "value"}, nullptr), "entitlements.decisions.value");
  EXPECT_EQ(CheckWith({"decisions", "export", "allowed"}, false), "entitlements.decisions.value");
  EXPECT_EQ(CheckWith({"decisions", "sso", "allowed"}, true), "entitlements.decisions.value");
}

TEST(EntitlementsTest, TheFeaturesOfTwoEditionsAreTheMost) {
  Json json = FormatEntitlements(Sample());
  json["decisions"] = Json::object();
  for (size_t i = 0; i < 2 * kMaxFeatures; i++)
    json["decisions"]["f" + std::to_string(i)] = {{"allowed", false}, {"reasons", {"expired"}}};
  EXPECT_EQ(CheckOf(json), "accepted");
  json["decisions"]["more"] = {{"allowed", false}, {"reasons", {"expired"}}};
  EXPECT_EQ(CheckOf(json), "entitlements.decisions");
}

TEST(EntitlementsTest, EachMemberOfTheLicenseIsChecked) {
  EXPECT_EQ(CheckWith({"license", "state"}, "a b"), "license.state");
  EXPECT_EQ(CheckWith({"license", "reasons"}, "expired"), "license.reasons");
  EXPECT_EQ(CheckWith({"license", "expires"}, "soon"), "license.expires");
  EXPECT_EQ(CheckWith({"license", "days_left"}, "8"), "license.days_left");
  EXPECT_EQ(CheckWith({"license", "edition"}, ""), "license.edition");
  EXPECT_EQ(CheckWith({"license", "limits", "users", "max"}, -1), "license.limits.max");
  EXPECT_EQ(CheckWith({"license", "limits", "users", "kind"}, "chairs"), "license.limits.kind");
  EXPECT_EQ(CheckWith({"license", "limits", "USERS"}, Json::object()), "license.limits");
  EXPECT_EQ(CheckWith({"license", "customer"}, "anybody"), "accepted");
}

}  // namespace
}  // namespace holdfast::local
