#include "agent/api/entitlements.h"

#include <gtest/gtest.h>

#include "agent/api/decision_json.h"
#include "protocol/json_text.h"
#include "tests/agent/enforcement/views.h"

namespace holdfast::api {
namespace {

using Reasons = std::vector<std::string>;

TEST(EntitlementsOf, DecidesEveryFeatureOfBothEditions) {
  const local::Entitlements kept = EntitlementsOf(GoodView(), kMidway);
  ASSERT_EQ(kept.decisions.size(), 5u);
  for (const auto& [name, decision] : kept.decisions) {
    const Decision wanted = DecideFeature(GoodView(), kMidway, name);
    EXPECT_EQ(decision.allowed, wanted.allowed) << name;
    EXPECT_EQ(decision.value, wanted.value) << name;
  }
  EXPECT_EQ(kept.decisions.at("threads").value, FeatureValue(int64_t{8}));
  EXPECT_EQ(kept.decisions.at("backup").reasons, Reasons{"feature_not_granted"});
  EXPECT_FALSE(kept.otherwise.allowed);
  EXPECT_EQ(kept.otherwise.reasons, Reasons{"unknown_feature"});
}

TEST(EntitlementsOf, IsWhatClientsRead) {
  local::Entitlements kept = EntitlementsOf(GoodView(), kExpires + Seconds(1));
  kept.generation = 3;
  const auto read = local::ParseEntitlements(FormatJson(local::FormatEntitlements(kept)));
  ASSERT_TRUE(read) << read.error().check << ": " << read.error().message;
  EXPECT_EQ(read->decisions, kept.decisions);
  const auto license = local::ParseLicenseStatus(read->license);
  EXPECT_EQ(license->state, "grace");
  EXPECT_EQ(license->edition, "enterprise");
  EXPECT_EQ(license->limits.at("jobs").overage_percent, 10);
}

TEST(EntitlementsOf, EveryReasonHasItsAdviceBesideIt) {
  const local::Entitlements kept = EntitlementsOf(GoodView(), kExpires + Seconds(1));
  Reasons reasons = kept.otherwise.reasons;
  for (const auto& [name, decision] : kept.decisions)
    reasons.insert(reasons.end(), decision.reasons.begin(), decision.reasons.end());
  for (const std::string& reason : reasons) EXPECT_TRUE(kept.advice.contains(reason)) << reason;
  EXPECT_FALSE(EntitlementsOf(GoodView(), kMidway).advice.contains("active")) << "there is none to give";
}

TEST(EntitlementsOf, HowLongItStandsIsInTheTerms) {
  LicenseView view = GoodView();
  EXPECT_EQ(EntitlementsOf(view, kMidway).keep, Seconds(300));
  view.verified->terms.agent_absence = Seconds(0);
  EXPECT_EQ(EntitlementsOf(view, kMidway).keep, Seconds(0));
  view.verified.reset();
  EXPECT_EQ(EntitlementsOf(view, kMidway).keep, Seconds(0)) << "what is not genuine stands for nothing";
}

TEST(EntitlementsOf, ALicenseThatDoesNotVerifyDeniesEverything) {
  LicenseView view;
  view.product = "nls";
  view.fault = "it was altered";
  const local::Entitlements kept = EntitlementsOf(view, kMidway);
  EXPECT_TRUE(kept.decisions.empty());
  EXPECT_EQ(kept.otherwise.reasons, Reasons{"tampered"});
  EXPECT_EQ(kept.license["fault"], "it was altered");
}

TEST(EntitlementsOf, WithoutALicenseThereIsNone) {
  const local::Entitlements kept = EntitlementsWithoutLicense("nls", kMidway);
  EXPECT_EQ(kept.otherwise.reasons, Reasons{"no_license"});
  EXPECT_TRUE(kept.license.is_null());
  EXPECT_TRUE(local::ParseEntitlements(FormatJson(local::FormatEntitlements(kept))));
}

TEST(EntitlementsOf, ALicenseThatOnlyAdvisesGrantsAnyOtherNameToo) {
  LicenseView view = GoodView();
  view.verified->terms.advisory = true;
  EXPECT_TRUE(EntitlementsOf(view, kMidway).otherwise.allowed);
}

class GenerationTest : public ::testing::Test {
 protected:
  GenerationTest() { Look(); }
  bool Look() { return generation_.Look(licenses_, now_); }
  std::vector<LicenseView> licenses_{GoodView()};
  Time now_ = kMidway;
  Generation generation_;
};

TEST_F(GenerationTest, TheFirstLookIsOne) {
  EXPECT_EQ(generation_.value(), 1);
  Generation of_nothing;
  EXPECT_TRUE(of_nothing.Look({}, kMidway));
  EXPECT_FALSE(of_nothing.Look({}, kMidway));
}

TEST_F(GenerationTest, StaysWhenNothingButTimeHasPassed) {
  now_ += Seconds(40 * 86400);  // days_left is another
  EXPECT_FALSE(Look());
  EXPECT_EQ(generation_.value(), 1);
}

TEST_F(GenerationTest, MovesAtEachStateThatTimeLeadsTo) {
  for (Time moment : {kExpires - kWarn, kExpires + Seconds(1), kExpires + kGracePeriod + Seconds(1)}) {
    now_ = moment;
    EXPECT_TRUE(Look());
    EXPECT_FALSE(Look());
  }
  EXPECT_EQ(generation_.value(), 4);
}

TEST_F(GenerationTest, MovesWhenALicenseIsRevokedRenewedInstalledOrGone) {
  Revoke(licenses_[0], RevocationReason::kUnspecified);
  EXPECT_TRUE(Look());
  licenses_[0] = GoodView();
  licenses_[0].verified->serial = {2};
  EXPECT_TRUE(Look());
  LicenseView other = GoodView();
  other.product = "other";
  licenses_.push_back(other);
  EXPECT_TRUE(Look());
  licenses_.clear();
  EXPECT_TRUE(Look());
  EXPECT_FALSE(Look());
}

TEST_F(GenerationTest, MovesWhenTheHardwareIsProvenOrNotAnyMore) {
  licenses_[0].hardware = HardwareProof::kUnavailable;
  EXPECT_TRUE(Look());
  licenses_[0].hardware = HardwareProof::kProven;
  EXPECT_TRUE(Look());
}

}  // namespace
}  // namespace holdfast::api
