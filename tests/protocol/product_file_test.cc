#include <gtest/gtest.h>

#include "tests/protocol/examples.h"

namespace holdfast {
namespace {

using examples::At;
constexpr Seconds kDay{86400};

template <class F>
Result<ProductFile> After(F alter) {
  Json json = Json::parse(examples::ProductJson());
  alter(json);
  return ParseProductFile(json.dump());
}
template <class F>
std::string CheckAfter(F alter) {
  auto file = After(alter);
  EXPECT_TRUE(file || !file.error().advice.empty()) << file.error().check;
  return file ? "accepted" : file.error().check;
}
template <class F>
std::string PlanCheckAfter(F alter) {
  return CheckAfter([&](Json& j) { alter(j["plans"]["pro"]); });
}

TEST(ProductFileTest, ReadsEveryMember) {
  const ProductFile file = examples::Product();
  EXPECT_EQ(file.name, "Modeler");
  EXPECT_EQ(file.line, "desktop");
  ASSERT_EQ(file.plans.size(), 2u);
  const Plan& plan = file.plans.at("pro");
  EXPECT_EQ(plan.grants.edition, "pro");
  EXPECT_EQ(plan.grants.features.at("max-size"), FeatureValue(int64_t{500}));
  EXPECT_EQ(plan.grants.limits.at("calls").period, MeterPeriod::kMonth);
  EXPECT_EQ(plan.fallback->limits.at("users").max, 1);
  EXPECT_EQ(plan.duration, 365 * kDay);
  EXPECT_EQ(plan.expiry_grace, 3 * kDay);
  EXPECT_EQ(plan.warn_before, (std::vector<Seconds>{60 * kDay, 7 * kDay}));
  EXPECT_EQ(plan.offline_window, 20 * kDay);
  EXPECT_EQ(plan.heartbeat_interval, kDay / 2);
  EXPECT_EQ(plan.maintenance, 180 * kDay);
  EXPECT_EQ(plan.assurance, (std::vector<AssuranceClass>{AssuranceClass::kHwTpm, AssuranceClass::kVtpm}));
  EXPECT_TRUE(plan.allow_simulator);
  EXPECT_EQ(plan.policies.clock, Policy::kDeny);
}
TEST(ProductFileTest, DefaultsAreThoseOfTheDocument) {
  const Plan plan = examples::Product().plans.at("basic");
  EXPECT_EQ(plan.duration, std::nullopt);
  EXPECT_EQ(plan.expiry_grace, 7 * kDay);
  EXPECT_EQ(plan.warn_before, (std::vector<Seconds>{30 * kDay, 14 * kDay, 7 * kDay, kDay}));
  EXPECT_EQ(plan.offline_window, 30 * kDay);
  EXPECT_EQ(plan.heartbeat_interval, kDay);
  EXPECT_EQ(plan.agent_absence, Seconds(300));
  EXPECT_EQ(plan.maintenance, std::nullopt);
  EXPECT_EQ(plan.assurance, std::vector<AssuranceClass>{AssuranceClass::kHwTpm});
  EXPECT_FALSE(plan.allow_simulator);
  EXPECT_FALSE(plan.fallback);
}
TEST(ProductFileTest, ContentKeysAreForTpms) {
  const auto file = After([](Json& j) {
    j["plans"]["pro"]["keys"] = Json::array({"models", "content"});
    j["plans"]["pro"]["fallback"]["keys"] = Json::array({"content"});
  });
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->plans.at("pro").grants.keys, (std::set<std::string>{"content", "models"}));
  EXPECT_EQ(file->plans.at("pro").fallback->keys, std::set<std::string>{"content"});
  EXPECT_TRUE(file->plans.at("basic").grants.keys.empty());
  EXPECT_EQ(PlanCheckAfter([](Json& p) { p["keys"] = Json::array({"Content"}); }), "product.plans.keys");
  EXPECT_EQ(PlanCheckAfter([](Json& p) { p["keys"] = Json::array({"a", "a"}); }), "product.plans.keys");
  const auto with_host = [](Json& p) { p["assurance"] = {"hw-tpm", "host"}; };
  EXPECT_EQ(PlanCheckAfter(with_host), "accepted");
  EXPECT_EQ(PlanCheckAfter([&](Json& p) { with_host(p), p["keys"] = Json::array(); }), "accepted");
  EXPECT_EQ(PlanCheckAfter([&](Json& p) { with_host(p), p["keys"] = Json::array({"a"}); }),
            "product.plans.keys");
  EXPECT_EQ(PlanCheckAfter([&](Json& p) { with_host(p), p["fallback"]["keys"] = Json::array({"a"}); }),
            "product.plans.keys");
}
TEST(ProductFileTest, ARefusalNamesThePlan) {
  auto file = After([](Json& j) { j["plans"]["pro"]["durration"] = "1d"; });
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().check, "product.plans.unknown");
  EXPECT_EQ(file.error().message, "plan \"pro\": unknown member \"durration\"");
}
TEST(ProductFileTest, UnknownMembersAreRefusedInEveryMinor) {
  for (const char* schema : {"1.0", "1.7"}) {
    EXPECT_EQ(CheckAfter([&](Json& j) { j["schema"] = schema; }), "accepted");
    EXPECT_EQ(CheckAfter([&](Json& j) { j["schema"] = schema, j["x"] = 1; }), "product.unknown");
  }
  EXPECT_EQ(CheckAfter([](Json& j) { j["schema"] = "2.0"; }), "product.schema");
}
TEST(ProductFileTest, TopLevelMembersAreStrict) {
  EXPECT_EQ(CheckAfter([](Json& j) { j.erase("schema"); }), "product.schema");
  EXPECT_EQ(CheckAfter([](Json& j) { j.erase("name"); }), "product.name");
  EXPECT_EQ(CheckAfter([](Json& j) { j["name"] = ""; }), "product.name");
  EXPECT_EQ(CheckAfter([](Json& j) { j["name"] = std::string(257, 'x'); }), "product.name");
  EXPECT_EQ(CheckAfter([](Json& j) { j["line"] = "../x"; }), "product.line");
  EXPECT_EQ(CheckAfter([](Json& j) { j.erase("line"); }), "accepted");
  EXPECT_EQ(CheckAfter([](Json& j) { j.erase("plans"); }), "product.plans");
  EXPECT_EQ(CheckAfter([](Json& j) { j["plans"] = Json::object(); }), "product.plans");
  EXPECT_EQ(CheckAfter([](Json& j) { j["plans"] = Json::array(); }), "product.plans");
  EXPECT_EQ(CheckAfter([](Json& j) { j["plans"]["Pro"] = j["plans"]["pro"]; }), "product.plans");
  EXPECT_EQ(CheckAfter([](Json& j) {
              for (int i = 0; i < 63; i++) j["plans"]["p" + std::to_string(i)] = {{"edition", "e"}};
            }),
            "product.plans");
  EXPECT_EQ(ParseProductFile(std::string(kMaxProductFileSize + 1, ' ')).error().check, "json.size");
}
TEST(ProductFileTest, PlanMembersAreStrict) {
  EXPECT_EQ(PlanCheckAfter([](Json& p) { p.erase("edition"); }), "product.plans.edition");
  EXPECT_EQ(PlanCheckAfter([](Json& p) { p["duration"] = "0d"; }), "product.plans.duration");
  EXPECT_EQ(PlanCheckAfter([](Json& p) { p["duration"] = "1 year"; }), "product.plans.duration");
  EXPECT_EQ(PlanCheckAfter([](Json& p) { p["maintenance"] = "0s"; }), "product.plans.maintenance");
  EXPECT_EQ(PlanCheckAfter([](Json& p) { p["assurance"] = Json::array(); }), "product.plans.assurance");
  EXPECT_EQ(PlanCheckAfter([](Json& p) { p["assurance"] = {"tpm"}; }), "product.plans.assurance");
  EXPECT_EQ(PlanCheckAfter([](Json& p) { p["assurance"] = {"vtpm", "vtpm"}; }), "product.plans.assurance");
  EXPECT_EQ(PlanCheckAfter([](Json& p) { p["assurance"] = "vtpm"; }), "product.plans.assurance");
  EXPECT_EQ(PlanCheckAfter([](Json& p) { p["assurance"] = {1}; }), "product.plans.assurance");
  EXPECT_EQ(PlanCheckAfter([](Json& p) { p["allow_simulator"] = 1; }), "product.plans.allow_simulator");
  EXPECT_EQ(PlanCheckAfter([](Json& p) { p["policies"]["clock"] = "x"; }), "product.plans.policies.clock");
  EXPECT_EQ(PlanCheckAfter([](Json& p) { p["fallback"]["x"] = 1; }), "product.plans.fallback.unknown");
  EXPECT_EQ(PlanCheckAfter([](Json& p) { p["limits"]["users"]["kind"] = "x"; }), "product.plans.limits.kind");
  EXPECT_EQ(CheckAfter([](Json& j) { j["plans"]["pro"] = 5; }), "product.plans");
}
TEST(ProductFileTest, APlanWhoseTermsFitIntoNoCertificateIsRefused) {
  auto with_texts = [](int count) {
    return PlanCheckAfter([&](Json& p) {
      for (int i = 0; i < count; i++) p["features"]["f" + std::to_string(i)] = std::string(256, 'x');
    });
  };
  EXPECT_EQ(with_texts(50), "accepted");
  EXPECT_EQ(with_texts(62), "product.plans");
}
TEST(ProductFileTest, HeartbeatsFitIntoTheOfflineWindow) {
  auto check = [](const char* interval, const char* window) {
    return PlanCheckAfter([&](Json& p) { p["heartbeat_interval"] = interval, p["offline_window"] = window; });
  };
  EXPECT_EQ(check("2d", "1d"), "product.plans.heartbeat_interval");
  EXPECT_EQ(check("1d", "1d"), "accepted");
  EXPECT_EQ(check("2d", "0d"), "accepted") << "no window";
}

Resolution Sold() {
  return {"L-1", "Example Vendor", "modeler", "pro", At("2026-11-22T06:00:00Z"), AssuranceClass::kVtpm};
}

TEST(ResolvePlanTest, LengthsBecomePointsInTime) {
  const LicenseTerms terms = ResolvePlan(examples::Product().plans.at("pro"), Sold());
  EXPECT_EQ(terms.schema, "1.0");
  EXPECT_EQ(terms.license, "L-1");
  EXPECT_EQ(terms.vendor, "Example Vendor");
  EXPECT_EQ(terms.product, "modeler");
  EXPECT_EQ(terms.plan, "pro");
  EXPECT_EQ(terms.valid_from, At("2026-11-22T06:00:00Z"));
  EXPECT_EQ(terms.expires, At("2027-11-22T06:00:00Z"));
  EXPECT_EQ(terms.maintenance_until, At("2027-05-21T06:00:00Z"));
  EXPECT_EQ(terms.assurance, AssuranceClass::kVtpm);
  EXPECT_EQ(terms.expiry_grace, 3 * kDay);
  EXPECT_EQ(terms.warn_before.size(), 2u);
  EXPECT_EQ(terms.offline_window, 20 * kDay);
  EXPECT_EQ(terms.heartbeat_interval, kDay / 2);
  EXPECT_EQ(terms.policies.rollback, Policy::kWarn);
  EXPECT_EQ(terms.fallback->edition, "lite");
  EXPECT_EQ(terms.grants.limits.size(), 3u);
}
TEST(ResolvePlanTest, CallersAndTheAgentsAbsenceAreThoseOfThePlan) {
  Plan plan = examples::Product().plans.at("pro");
  plan.agent_absence = kDay;
  plan.grants.limits["users"].only = Callers{{std::string("anna")}, {}, {}};
  const LicenseTerms terms = ResolvePlan(plan, Sold());
  EXPECT_EQ(terms.agent_absence, kDay);
  EXPECT_EQ(terms.grants.limits.at("users").only, plan.grants.limits["users"].only);
}
TEST(ResolvePlanTest, APlanWithoutDurationIsPerpetual) {
  const LicenseTerms terms = ResolvePlan(examples::Product().plans.at("basic"), Sold());
  EXPECT_EQ(terms.expires, std::nullopt);
  EXPECT_EQ(terms.maintenance_until, std::nullopt);
}
TEST(ResolvePlanTest, WhatItGivesIsAlwaysParsable) {
  Resolution late = Sold();
  late.valid_from = At("9990-01-01T00:00:00Z");
  Plan plan = examples::Product().plans.at("pro");
  plan.duration = plan.maintenance = Seconds{36500LL * 86400};
  for (const LicenseTerms& terms : {ResolvePlan(plan, Sold()), ResolvePlan(plan, late)}) {
    auto parsed = ParseTerms(FormatTerms(terms));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(FormatTerms(*parsed), FormatTerms(terms));
  }
  EXPECT_EQ(ResolvePlan(plan, late).maintenance_until, At("9999-12-31T23:59:59Z"));
}

}  // namespace
}  // namespace holdfast
