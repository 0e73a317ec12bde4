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

// The activation elsewhere asks anew, which costs nothing, and each new certificate is copied here.
TEST_F(RepairTest, NewCertificatesOfTheLicenseBringNoMoreThanTheTermsGiveInAYear) {
  view_.verified->terms.repairs->per_year = 1;
  EXPECT_TRUE(Begin());
  view_.verified->serial = {7};
  Pass(kEmergency / 2);
  EXPECT_EQ(Begin(), kMidway + kEmergency) << "the one that runs";
  EXPECT_EQ(Stands().state, LicenseState::kEmergency);
  Pass(kEmergency);
  EXPECT_EQ(Begin(), std::nullopt);
  EXPECT_EQ(Stands().state, LicenseState::kWrongHardware);
  Pass(Seconds(366 * 86400));
  EXPECT_EQ(Begin(), wall_ + kEmergency) << "the year is over";
}

TEST_F(RepairTest, AClockThatIsSetAheadMakesNoYearPass) {
  view_.verified->terms.repairs->per_year = 1;
  time_.SeeSigned(kMidway);  // as of any license; before that the wall clock is all there is
  Begin();
  Pass(kEmergency + Seconds(1));
  view_.verified->serial = {7};
  wall_ += std::chrono::days(400);
  EXPECT_EQ(Begin(), std::nullopt);
}

TEST_F(RepairTest, OneThatWasBegunWithAClockFarAheadIsOverAfterAYear) {
  view_.verified->terms.repairs->per_year = 1;
  time_.SeeSigned(kMidway);
  const Time right = wall_;
  wall_ += std::chrono::days(500);
  Begin();
  wall_ = right;
  view_.verified->serial = {7};
  Pass(Seconds(364 * 86400));
  EXPECT_EQ(Begin(), std::nullopt);
  Pass(Seconds(2 * 86400));
  EXPECT_EQ(Begin(), time_.Read().now + kEmergency);
}

// Licenses of a vendor of root's own would push it out.
TEST_F(RepairTest, NoOtherLicensesPeriodsMakeItForgotten) {
  view_.verified->terms.repairs->per_year = 1;
  time_.SeeSigned(kMidway);  // as of any license; before that the wall clock is all there is
  Begin();
  const LicenseView genuine = view_;
  view_.verified->root = Sha256Digest{7};
  for (size_t i = 0; i < 2 * kMaxRepairRecords; i++) {
    view_.verified->terms.license = "own" + std::to_string(i);
    Begin();
  }
  EXPECT_EQ(Begin(), std::nullopt) << "there is no place";
  view_ = genuine;
  view_.verified->serial = {7};
  Pass(kEmergency + Seconds(1));
  EXPECT_EQ(Begin(), std::nullopt);
}

TEST_F(RepairTest, ItIsNoLongerThanTheTermsSay) {
  Begin();
  view_.verified->terms.repairs->emergency = Seconds(60);
  EXPECT_EQ(Stands().emergency_until, kMidway + Seconds(60));
  view_.verified->terms.repairs.reset();
  EXPECT_EQ(Stands().state, LicenseState::kWrongHardware);
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

// The host was killed, or its disk was full, while the new hardware's ledger was begun.
TEST_F(RepairTest, WithALedgerThatWasBegunAndInterruptedThereIsOne) {
  for (const auto fault : {testing::PlayedAnchor::Fault::kBefore, testing::PlayedAnchor::Fault::kAfter}) {
    const testing::TempDir home;
    const StateDirectory state(home.path() / "state");
    ASSERT_TRUE(state.Lock());
    testing::PlayedAnchor anchor;
    Books interrupted(state, anchor, time_);
    anchor.create_fault = fault;
    ASSERT_FALSE(interrupted.Keep(true));
    Books books(state, anchor, time_);
    EXPECT_TRUE(BeginEmergency("nls", {view_}, {time_, books}).value());
  }
}

// With a ledger of class host in its place, which no TPM vouches for.
TEST_F(RepairTest, WithALedgerWithoutTpmInThePlaceOfItsOwnThereIsNoneTodayOrLater) {
  const testing::TempDir elsewhere;
  const StateDirectory other(elsewhere.path());
  Books plain(other, anchor_, time_);
  ASSERT_TRUE(plain.Keep(false));
  ASSERT_TRUE(state_.WriteLedger(*other.ReadLedger()));
  Books books(state_, anchor_, time_);
  EXPECT_EQ(BeginEmergency("nls", {view_}, {time_, books}).value(), std::nullopt);
  EXPECT_EQ(books.report().finding, LedgerFinding::kLost);
  Books after_a_restart(state_, anchor_, time_);
  EXPECT_EQ(BeginEmergency("nls", {view_}, {time_, after_a_restart}).value(), std::nullopt);
}

// The hardware is new, and the state directory came with the disk.
TEST_F(RepairTest, WithTheLedgerOfTheHardwareThatIsGoneThereIsOneAlsoAfterARestart) {
  testing::PlayedAnchor other;
  Books first(state_, other, time_);
  ASSERT_TRUE(first.Keep(true));
  EXPECT_EQ(first.report().finding, LedgerFinding::kForeign);
  Books books(state_, other, time_);
  EXPECT_TRUE(BeginEmergency("nls", {view_}, {time_, books}).value());
}

TEST_F(RepairTest, WithALedgerOfOtherHardwareInThePlaceOfItsOwnThereIsNone) {
  const testing::TempDir elsewhere;
  const StateDirectory other_state(elsewhere.path());
  testing::PlayedAnchor other;
  Books others(other_state, other, time_);
  ASSERT_TRUE(others.Keep(true));
  ASSERT_TRUE(state_.WriteLedger(*other_state.ReadLedger()));
  Books books(state_, anchor_, time_);
  EXPECT_EQ(BeginEmergency("nls", {view_}, {time_, books}).value(), std::nullopt);
  EXPECT_EQ(books.report().finding, LedgerFinding::kLost);
}

TEST_F(RepairTest, MeteredUnitsWaitForTheAnswer) {
  view_.verified->terms.grants.limits["pages"] = {.kind = LimitKind::kMeter, .max = 5};
  Begin();
  std::vector<LicenseView> views{view_};
  books_.Judge(views);
  EXPECT_FALSE(DecideMeter(views[0], time_.Read(), "pages", 0, 1).allowed);
}

TEST_F(RepairTest, AnotherRootsLicenseOfTheSameNameIsAnother) {
  Begin();
  view_.verified->root = Sha256Digest{7};
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
