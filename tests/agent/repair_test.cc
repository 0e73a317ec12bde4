// The emergency period of a repair.
#include "agent/repair.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "agent/enforcement/meter.h"
#include "tests/agent/enforcement/views.h"
#include "tests/testing/played_anchor.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {
namespace {

constexpr Seconds kEmergency{5 * 86400};

class RepairTest : public ::testing::Test {
 protected:
  RepairTest() {
    EXPECT_TRUE(state_.Lock());
    LicenseTerms& terms = view_.verified->terms;
    terms.assurance = AssuranceClass::kHwTpm;
    terms.repairs = Repairs{2, kEmergency};
    view_.verified->serial = {1, 2, 3};
    view_.hardware = HardwareProof::kWrongHardware;
    EXPECT_TRUE(books_.Keep(true));
  }
  std::optional<Time> Begin() { return BeginEmergency("nls", {view_}, {time_, books_}).value(); }
  // Points into judged_, which the next call replaces.
  Standing Stands() {
    judged_ = {view_};
    books_.Judge(judged_);
    return Assess(judged_[0], time_.Read());
  }
  void Pass(Seconds time) {
    wall_ += time;
    uptime_ += time;
  }

  testing::TempDir home_;
  const StateDirectory state_{home_.path() / "state"};
  testing::PlayedAnchor anchor_;
  Time wall_ = kMidway;
  Milliseconds uptime_{1000};
  OwnedTime time_{[this] { return wall_; }, [this] { return uptime_; }};
  Books books_{state_, anchor_, time_};
  LicenseView view_ = GoodView();
  std::vector<LicenseView> judged_;
};

TEST_F(RepairTest, WorkGoesOnForTheLengthThatTheTermsSay) {
  EXPECT_EQ(Stands().state, LicenseState::kWrongHardware);
  EXPECT_EQ(Begin(), kMidway + kEmergency);
  EXPECT_EQ(Stands().state, LicenseState::kEmergency);
  EXPECT_EQ(Stands().emergency_until, kMidway + kEmergency);
  EXPECT_EQ(Stands().grants->edition, "enterprise");
  EXPECT_EQ(Stands().reasons.front(), Reason::kWrongHardware);
  Pass(kEmergency);
  EXPECT_EQ(Stands().state, LicenseState::kEmergency);
  Pass(Seconds(1));
  EXPECT_EQ(Stands().state, LicenseState::kWrongHardware);
  EXPECT_EQ(Stands().grants, nullptr);
}

TEST_F(RepairTest, ItRunsOnceForALicense) {
  Begin();
  Pass(kEmergency + Seconds(1));
  EXPECT_EQ(Begin(), std::nullopt) << "the request again";
  EXPECT_EQ(Stands().state, LicenseState::kWrongHardware);
  view_.verified->serial = {7};
  EXPECT_EQ(Begin(), wall_ + kEmergency) << "the license that the repair brought is another";
}

TEST_F(RepairTest, ThereIsNoneWhereTheTermsKnowNoRepairs) {
  view_.verified->terms.repairs.reset();
  EXPECT_EQ(Begin(), std::nullopt);
}

TEST_F(RepairTest, ThereIsNoneForALicenseThatIsAtHome) {
  for (const HardwareProof proof :
       {HardwareProof::kProven, HardwareProof::kUnavailable, HardwareProof::kRetired}) {
    view_.hardware = proof;
    EXPECT_EQ(Begin(), std::nullopt) << "a returned license does not come back by a repair";
  }
}

TEST_F(RepairTest, WhileItRunsTheRequestAgainSaysUntilWhen) {
  Begin();
  Pass(kEmergency / 2);
  EXPECT_EQ(Begin(), kMidway + kEmergency);
}

TEST_F(RepairTest, ALengthOfNothingIsNone) {
  view_.verified->terms.repairs->emergency = Seconds(0);
  EXPECT_EQ(Begin(), std::nullopt);
}

TEST_F(RepairTest, AWrongClockMakesItNoLonger) {
  const Time right = wall_;
  wall_ += std::chrono::days(100);
  Begin();
  wall_ = right;
  EXPECT_EQ(Stands().state, LicenseState::kWrongHardware);
}

TEST_F(RepairTest, ItDoesNotOutliveTheLicense) {
  wall_ = kExpires + kGracePeriod;
  Begin();
  EXPECT_EQ(Stands().state, LicenseState::kEmergency);
  Pass(Seconds(1));
  EXPECT_EQ(Stands().state, LicenseState::kWrongHardware);
}

TEST_F(RepairTest, WithALedgerThatWasTakenAwayHereThereIsNone) {
  std::filesystem::remove(state_.LedgerPath());
  Books books(state_, anchor_, time_);
  EXPECT_EQ(BeginEmergency("nls", {view_}, {time_, books}).value(), std::nullopt);
}

TEST_F(RepairTest, MeteredUnitsWaitForTheAnswer) {
  view_.verified->terms.grants.limits["pages"] = {.kind = LimitKind::kMeter, .max = 5};
  Begin();
  std::vector<LicenseView> views{view_};
  books_.Judge(views);
  EXPECT_FALSE(DecideMeter(views[0], time_.Read(), "pages", 0, 1).allowed);
}

TEST_F(RepairTest, AnotherVendorsCertificateOfTheSameNumberIsAnother) {
  Begin();
  view_.verified->terms.vendor = "Evil";
  EXPECT_EQ(Stands().state, LicenseState::kWrongHardware);
}

TEST_F(RepairTest, ItDoesNotHelpAgainstTheVendor) {
  Begin();
  Revoke(view_, RevocationReason::kSuperseded);
  EXPECT_EQ(Stands().state, LicenseState::kRevoked);
  EXPECT_EQ(Stands().grants, nullptr);
}

}  // namespace
}  // namespace holdfast
