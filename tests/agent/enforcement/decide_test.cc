#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <limits>

#include "tests/agent/enforcement/views.h"

namespace holdfast {
namespace {

using testing::ElementsAre;

const Time kLate = kExpires + kGracePeriod + Seconds{1};

TEST(DecideFeature, GrantedWithItsValue) {
  const LicenseView view = GoodView();
  EXPECT_EQ(DecideFeature(view, kMidway, "export").value, FeatureValue(true));
  EXPECT_EQ(DecideFeature(view, kMidway, "threads").value, FeatureValue(int64_t{8}));
  const Decision tier = DecideFeature(view, kMidway, "tier");
  EXPECT_TRUE(tier.allowed);
  EXPECT_EQ(tier.value, FeatureValue(std::string("gold")));
  EXPECT_EQ(tier.edition, "enterprise");
  EXPECT_THAT(tier.reasons, ElementsAre(Reason::kActive));
}

TEST(DecideFeature, FalseIsNotGranted) {
  const Decision decision = DecideFeature(GoodView(), kMidway, "sso");
  EXPECT_FALSE(decision.allowed);
  EXPECT_FALSE(decision.value);
  EXPECT_THAT(decision.reasons, ElementsAre(Reason::kFeatureNotGranted));
}

TEST(DecideFeature, UnknownIsNamedSo) {
  const Decision decision = DecideFeature(GoodView(), kMidway, "exprot");
  EXPECT_FALSE(decision.allowed);
  EXPECT_THAT(decision.reasons, ElementsAre(Reason::kUnknownFeature));
}

TEST(DecideFeature, FeatureOfTheFallbackEditionAloneIsNotGrantedBefore) {
  EXPECT_THAT(DecideFeature(GoodView(), kMidway, "backup").reasons, ElementsAre(Reason::kFeatureNotGranted));
  EXPECT_TRUE(DecideFeature(GoodView(), kLate, "backup").allowed);
}

TEST(DecideFeature, FallbackEditionKeepsItsFeaturesAndLosesTheOthers) {
  const Decision kept = DecideFeature(GoodView(), kLate, "export");
  EXPECT_TRUE(kept.allowed);
  EXPECT_EQ(kept.edition, "community");
  EXPECT_THAT(kept.reasons, ElementsAre(Reason::kFallbackEdition));
  const Decision lost = DecideFeature(GoodView(), kLate, "threads");
  EXPECT_FALSE(lost.allowed);
  EXPECT_THAT(lost.reasons, ElementsAre(Reason::kFeatureNotGranted, Reason::kFallbackEdition));
}

LicenseView ViewWithKeys() {
  LicenseView view = GoodView();
  view.verified->terms.grants.keys = {"content", "both"};
  view.verified->terms.fallback->keys = {"basic", "both"};
  return view;
}

TEST(DecideKey, GrantedByTheEditionThatApplies) {
  const LicenseView view = ViewWithKeys();
  for (const Time now : {kMidway, kExpires - Seconds{1}, kExpires + Seconds{1}}) {
    EXPECT_TRUE(DecideKey(view, now, "content").allowed);
    EXPECT_TRUE(DecideKey(view, now, "both").allowed);
    EXPECT_FALSE(DecideKey(view, now, "basic").allowed);
  }
  EXPECT_THAT(DecideKey(view, kMidway, "content").reasons, ElementsAre(Reason::kActive));
  EXPECT_THAT(DecideKey(view, kMidway, "basic").reasons, ElementsAre(Reason::kKeyNotGranted));
  EXPECT_TRUE(DecideKey(view, kLate, "basic").allowed);
  EXPECT_TRUE(DecideKey(view, kLate, "both").allowed);
  EXPECT_FALSE(DecideKey(view, kLate, "content").allowed);
  EXPECT_THAT(DecideKey(view, kLate, "content").reasons,
              ElementsAre(Reason::kKeyNotGranted, Reason::kFallbackEdition));
}

TEST(DecideKey, UnknownIsNamedSoAndAFeatureIsNoKey) {
  for (const char* name : {"kontent", "export"}) {
    const Decision decision = DecideKey(ViewWithKeys(), kMidway, name);
    EXPECT_FALSE(decision.allowed);
    EXPECT_THAT(decision.reasons, ElementsAre(Reason::kUnknownKey));
  }
}

TEST(DecideKey, NothingWhereTheLicenseDoesNotStand) {
  const auto denied = [](auto alter) {
    LicenseView view = ViewWithKeys();
    alter(view);
    return DecideKey(view, kMidway, "content");
  };
  EXPECT_TRUE(denied([](LicenseView&) {}).allowed);
  EXPECT_FALSE(denied([](LicenseView& v) { v.hardware = HardwareProof::kRetired; }).allowed);
  EXPECT_FALSE(denied([](LicenseView& v) { v.hardware = HardwareProof::kWrongHardware; }).allowed);
  EXPECT_FALSE(denied([](LicenseView& v) { v.hardware = HardwareProof::kUnavailable; }).allowed);
  EXPECT_FALSE(denied([](LicenseView& v) { v.ledger = LedgerStanding::kRolledBack; }).allowed);
  EXPECT_FALSE(denied([](LicenseView& v) { v.verified.reset(); }).allowed);
  EXPECT_FALSE(denied([](LicenseView& v) { Revoke(v, RevocationReason::kSuperseded); }).allowed);
  EXPECT_FALSE(denied([](LicenseView& v) {
                 v.verified->terms.fallback.reset(), v.verified->terms.expires = kFrom;
               }).allowed);
}

TEST(DecideKey, ALicenseThatOnlyAdvisesGivesWhatItNames) {
  LicenseView view = ViewWithKeys();
  view.verified->terms.advisory = true;
  const Decision late = DecideKey(view, kLate, "content");
  EXPECT_TRUE(late.allowed);
  EXPECT_THAT(late.reasons, ::testing::Contains(Reason::kAdvisory));
  EXPECT_THAT(DecideKey(view, kMidway, "content").reasons, ElementsAre(Reason::kActive));
  EXPECT_FALSE(DecideKey(view, kMidway, "kontent").allowed);
  view.verified.reset();
  EXPECT_FALSE(DecideKey(view, kMidway, "content").allowed);
}

TEST(DecideKey, AVoucherGrantsTheKeysOfTheEdition) {
  LicenseView view = ViewWithKeys();
  view.verified->terms.vouchers = Vouchers{1, Seconds{60}};
  view.voucher = GrantedPeriod{kLate, kLate + Seconds{60}};
  EXPECT_TRUE(DecideKey(view, kLate, "content").allowed);
  EXPECT_FALSE(DecideKey(view, kLate + Seconds{3600}, "content").allowed);
}

TEST(DecideKey, ThePolicyOfTheClockDecidesWhenItWasSetBack) {
  LicenseView view = ViewWithKeys();
  const Situation back(kMidway, ClockState::kSetBack);
  EXPECT_TRUE(DecideKey(view, back, "content").allowed);
  view.verified->terms.policies.clock = Policy::kDeny;
  EXPECT_FALSE(DecideKey(view, back, "content").allowed);
  EXPECT_EQ(DecideKey(view, back, "content").state, LicenseState::kClockSetBack);
}

TEST(DecideFeature, GraceGrantsEverythingAndWarns) {
  const Decision decision = DecideFeature(GoodView(), kExpires + Seconds{1}, "export");
  EXPECT_TRUE(decision.allowed);
  EXPECT_THAT(decision.reasons, ElementsAre(Reason::kGrace));
  EXPECT_EQ(decision.days_left, -1);
}

TEST(DecideFeature, NothingFromAStateThatGrantsNothing) {
  for (HardwareProof proof :
       {HardwareProof::kWrongHardware, HardwareProof::kRetired, HardwareProof::kUnavailable}) {
    LicenseView view = GoodView();
    view.hardware = proof;
    const Decision decision = DecideFeature(view, kMidway, "export");
    EXPECT_FALSE(decision.allowed);
    EXPECT_FALSE(decision.value);
    EXPECT_EQ(decision.edition, "");
  }
}

TEST(DecideFeature, TamperedKnowsNothing) {
  LicenseView view = GoodView();
  view.verified.reset();
  EXPECT_THAT(DecideFeature(view, kMidway, "export").reasons, ElementsAre(Reason::kTampered));
}

TEST(DecideFeature, WithoutLicense) {
  EXPECT_FALSE(DecideWithoutLicense().allowed);
  EXPECT_THAT(DecideWithoutLicense().reasons, ElementsAre(Reason::kNoLicense));
}

TEST(DecideLimit, AllowedUpToTheMaximumExactly) {
  EXPECT_TRUE(DecideLimit(GoodView(), kMidway, "users", 9, 1).allowed);
  const Decision full = DecideLimit(GoodView(), kMidway, "users", 10, 1);
  EXPECT_FALSE(full.allowed);
  EXPECT_THAT(full.reasons, ElementsAre(Reason::kLimitReached));
  EXPECT_EQ(full.max, 10);
  EXPECT_EQ(full.used, 10);
}

TEST(DecideLimit, OverageIsAllowedAndNamed) {
  EXPECT_THAT(DecideLimit(GoodView(), kMidway, "jobs", 49, 1).reasons, ElementsAre(Reason::kActive));
  const Decision over = DecideLimit(GoodView(), kMidway, "jobs", 54, 1);
  EXPECT_TRUE(over.allowed);
  EXPECT_THAT(over.reasons, ElementsAre(Reason::kOverage));
  EXPECT_FALSE(DecideLimit(GoodView(), kMidway, "jobs", 55, 1).allowed);
}

TEST(DecideLimit, UnknownIsNamedSo) {
  EXPECT_THAT(DecideLimit(GoodView(), kMidway, "seats", 0, 1).reasons, ElementsAre(Reason::kUnknownLimit));
}

TEST(DecideLimit, FallbackEditionHasItsOwnLimits) {
  EXPECT_EQ(DecideLimit(GoodView(), kLate, "users", 0, 1).max, 1);
  const Decision gone = DecideLimit(GoodView(), kLate, "jobs", 0, 1);
  EXPECT_FALSE(gone.allowed);
  EXPECT_EQ(gone.max, 0);
  EXPECT_THAT(gone.reasons, ElementsAre(Reason::kLimitReached, Reason::kFallbackEdition));
}

TEST(DecideLimit, NothingWhenRevoked) {
  LicenseView view = GoodView();
  Revoke(view, RevocationReason::kUnspecified);
  EXPECT_FALSE(DecideLimit(view, kMidway, "users", 0, 0).allowed);
}

TEST(DecideLimit, HugeAmountsDoNotWrap) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_FALSE(DecideLimit(GoodView(), kMidway, "users", 1, kMax).allowed);
  EXPECT_FALSE(DecideLimit(GoodView(), kMidway, "users", kMax, kMax).allowed);
  EXPECT_EQ(Ceiling({.max = kMax, .overage_percent = 1000}), kMax);
  EXPECT_EQ(Ceiling({.max = kMax}), kMax);
}

TEST(DecideLimit, OverageIsRoundedDown) {
  EXPECT_EQ(Ceiling({.max = 15, .overage_percent = 10}), 16);
  EXPECT_EQ(Ceiling({.max = 250, .overage_percent = 1000}), 2750);
}

LicenseView Advisory() {
  LicenseView view = GoodView();
  view.verified->terms.advisory = true;
  return view;
}

TEST(AdvisoryLicense, WhatIsGrantedAnywayIsSaidAsAlways) {
  const Decision decision = DecideFeature(Advisory(), kMidway, "export");
  EXPECT_TRUE(decision.allowed);
  EXPECT_EQ(decision.reasons, std::vector{Reason::kActive});
}

TEST(AdvisoryLicense, DeniesNoFeatureAndSaysWhyItWouldHave) {
  const auto allowed = [](const LicenseView& view, const Situation& now, const char* feature, Reason reason) {
    const Decision decision = DecideFeature(view, now, feature);
    EXPECT_TRUE(decision.allowed) << feature;
    EXPECT_EQ(decision.reasons.front(), reason) << feature;
    EXPECT_NE(std::find(decision.reasons.begin(), decision.reasons.end(), Reason::kAdvisory),
              decision.reasons.end());
    return decision.value;
  };
  EXPECT_EQ(allowed(Advisory(), kMidway, "sso", Reason::kFeatureNotGranted), FeatureValue(true));
  EXPECT_EQ(allowed(Advisory(), kMidway, "unheard-of", Reason::kUnknownFeature), FeatureValue(true));
  LicenseView expired = Advisory();
  expired.verified->terms.fallback.reset();
  EXPECT_EQ(allowed(expired, kExpires + kGracePeriod + Seconds(1), "threads", Reason::kExpired),
            FeatureValue(int64_t{8}));
  const Situation late(kExpires + kGracePeriod + Seconds(1));
  EXPECT_EQ(allowed(Advisory(), late, "threads", Reason::kFeatureNotGranted), FeatureValue(int64_t{8}))
      << "of the edition, in the fallback edition too";
  LicenseView revoked = Advisory();
  Revoke(revoked, RevocationReason::kPrivilegeWithdrawn);
  allowed(revoked, kMidway, "export", Reason::kRevoked);
  LicenseView elsewhere = Advisory();
  elsewhere.hardware = HardwareProof::kWrongHardware;
  allowed(elsewhere, kMidway, "export", Reason::kWrongHardware);
}

TEST(AdvisoryLicense, DeniesNoUnit) {
  const Decision decision = DecideLimit(Advisory(), kMidway, "users", 10, 5);
  EXPECT_TRUE(decision.allowed);
  EXPECT_EQ(decision.max, 10);
  EXPECT_EQ(decision.reasons.front(), Reason::kLimitReached);
  EXPECT_TRUE(DecideLimit(Advisory(), kMidway, "unheard-of", 0, 1).allowed);
}

TEST(AdvisoryLicense, IsNoneWhenItIsNotGenuine) {
  LicenseView tampered = Advisory();
  tampered.verified.reset();
  EXPECT_FALSE(DecideFeature(tampered, kMidway, "export").allowed);
}

}  // namespace
}  // namespace holdfast
