// Break-glass: vouchers, used once each.
#include "agent/ledger/vouchers.h"

#include <gtest/gtest.h>

#include "agent/break_glass.h"
#include "tests/agent/enforcement/views.h"
#include "tests/testing/played_anchor.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {
namespace {

const Sha256Digest kRoot{};  // as in GoodView
const LicenseId kLicense{kRoot, "nls", "L-1"};
constexpr Vouchers kTwo{2, Seconds(3 * 86400)};

std::string CheckOf(const auto& result) {
  return result ? "" : result.error().check;
}

TEST(Vouchers, EachIsGoodOnceAndTheyDoNotOverlap) {
  LedgerContent content;
  const auto use = [&](Time now) {
    return UseVoucher(content, kLicense, kTwo, {now, now, now, ClockState::kGood, now - kMidway});
  };
  EXPECT_EQ(use(kMidway)->last.until, kMidway + kTwo.length);
  EXPECT_EQ(CheckOf(use(kMidway + kTwo.length)), "voucher.running");
  EXPECT_EQ(use(kMidway + kTwo.length + Seconds(1))->used, 2);
  EXPECT_EQ(CheckOf(use(kMidway + 10 * kTwo.length)), "voucher.none");
  EXPECT_EQ(VouchersOf(content, kLicense).used, 2);
  EXPECT_EQ(VouchersOf(content, {kRoot, "nls", "L-2"}).used, 0) << "another license has its own";
}

TEST(Vouchers, WhereTheTermsHaveNoneThereAreNone) {
  LedgerContent content;
  EXPECT_EQ(CheckOf(UseVoucher(content, kLicense, std::nullopt, {kMidway, kMidway, kMidway})),
            "voucher.none");
}

class BreakGlassTest : public ::testing::Test {
 protected:
  BreakGlassTest() {
    EXPECT_TRUE(state_.Lock());
    LicenseTerms& terms = view_.verified->terms;
    terms.license = "L-1";
    terms.assurance = AssuranceClass::kHwTpm;
    terms.vouchers = kTwo;
  }
  Result<BreakGlassOutcome> Use(bool dry_run = false) {
    EXPECT_TRUE(books_.Keep(true));
    return BreakGlass({"", dry_run}, {Judged()}, true, {time_, books_});
  }
  LicenseView Judged() {
    std::vector<LicenseView> views{view_};
    books_.Judge(views);
    return views[0];
  }
  // Points into judged_, which the next call replaces.
  Standing Stands() { return Assess(judged_ = Judged(), time_.Read()); }

  testing::TempDir home_;
  const StateDirectory state_{home_.path() / "state"};
  testing::PlayedAnchor anchor_;
  Time wall_ = kExpires + kGracePeriod + Seconds(1);
  Milliseconds uptime_{1000};
  OwnedTime time_{[this] { return wall_; }, [this] { return uptime_; }};
  Books books_{state_, anchor_, time_};
  LicenseView view_ = GoodView(), judged_ = view_;
};

TEST_F(BreakGlassTest, WorkGoesOnUntilTheVoucherEnds) {
  const auto used = Use();
  ASSERT_TRUE(used) << used.error().message;
  EXPECT_EQ(used->left, 1);
  EXPECT_EQ(Stands().state, LicenseState::kEmergency);
  EXPECT_EQ(Stands().grants->edition, "enterprise");
  EXPECT_EQ(Stands().reasons, (std::vector{Reason::kFallbackEdition, Reason::kEmergency}));
  wall_ += kTwo.length;
  uptime_ += kTwo.length;
  EXPECT_EQ(Stands().state, LicenseState::kEmergency);
  wall_ += Seconds(1);
  uptime_ += Seconds(1);
  EXPECT_EQ(Stands().state, LicenseState::kFallback);
}

TEST_F(BreakGlassTest, ItIsOnRecordAndSurvivesARestart) {
  ASSERT_TRUE(Use());
  OwnedTime time([this] { return wall_; }, [] { return Milliseconds(5); });
  Books books(state_, anchor_, time);
  ASSERT_TRUE(books.Keep(true));
  std::vector<LicenseView> views{view_};
  books.Judge(views);
  EXPECT_EQ(views[0].vouchers_used, 1);
  EXPECT_EQ(Assess(views[0], time.Read()).state, LicenseState::kEmergency);
}

TEST_F(BreakGlassTest, ADryRunUsesNothing) {
  EXPECT_EQ(Use(true)->left, 1);
  EXPECT_EQ(Judged().vouchers_used, 0);
  EXPECT_EQ(Stands().state, LicenseState::kFallback);
}

TEST_F(BreakGlassTest, NoneIsUsedUpWhereItWouldNotHelp) {
  wall_ = kMidway;
  EXPECT_EQ(CheckOf(Use()), "break_glass.state") << "nothing is denied";
  wall_ = kExpires + kGracePeriod + Seconds(1);
  Revoke(view_, RevocationReason::kPrivilegeWithdrawn);
  EXPECT_EQ(CheckOf(Use()), "break_glass.state") << "what the vendor says stands";
  view_ = GoodView();
  view_.verified->terms.vouchers = kTwo;
  view_.hardware = HardwareProof::kWrongHardware;
  EXPECT_EQ(CheckOf(Use()), "break_glass.state");
  EXPECT_EQ(Judged().vouchers_used, 0);
}

TEST_F(BreakGlassTest, ARevocationEndsAVoucherToo) {
  ASSERT_TRUE(Use());
  Revoke(view_, RevocationReason::kPrivilegeWithdrawn);
  EXPECT_EQ(Stands().state, LicenseState::kRevoked);
  EXPECT_EQ(Stands().grants, nullptr);
}

// The clock is set ten years ahead, the voucher used, and the clock set right again.
TEST_F(BreakGlassTest, AWrongClockMakesItNoLonger) {
  const Time right = wall_;
  wall_ += std::chrono::years(10);
  ASSERT_TRUE(Use());
  wall_ = right;
  EXPECT_EQ(Stands().state, LicenseState::kFallback) << "it has not begun";
}

// The same, and the clock stands still there.
TEST_F(BreakGlassTest, AClockThatStandsStillMakesItNoLonger) {
  ASSERT_TRUE(Use());
  uptime_ += kTwo.length;
  EXPECT_EQ(Stands().state, LicenseState::kEmergency);
  uptime_ += std::chrono::hours(1);
  EXPECT_EQ(Stands().state, LicenseState::kFallback);
}

TEST_F(BreakGlassTest, WithALedgerThatWasSetBackThereIsNone) {
  ASSERT_TRUE(Use());
  std::vector<LicenseView> views{view_};
  books_.Judge(views);
  views[0].ledger = LedgerStanding::kRolledBack;
  EXPECT_NE(Assess(views[0], time_.Read()).state, LicenseState::kEmergency);
  EXPECT_EQ(CheckOf(BreakGlass({"", false}, views, true, {time_, books_})), "break_glass.state");
}

TEST_F(BreakGlassTest, AnAdvisoryLicenseNeedsNone) {
  view_.verified->terms.advisory = true;
  EXPECT_EQ(CheckOf(Use()), "break_glass.state");
}

// A vendor of root's own, with the genuine one's name, sells a license with the genuine one's number and a voucher for a hundred years.
TEST_F(BreakGlassTest, AVoucherOfAnotherRootIsNothingToTheLicense) {
  const LicenseView genuine = view_;
  view_.verified->root = Sha256Digest{7};
  view_.verified->terms.vouchers = Vouchers{16, Seconds(int64_t{36500} * 86400)};
  ASSERT_TRUE(Use());
  view_ = genuine;
  EXPECT_EQ(Judged().vouchers_used, 0);
  EXPECT_EQ(Stands().state, LicenseState::kFallback);
}

// Whatever a ledger says: what is granted is what the license's own terms give.
TEST_F(BreakGlassTest, AVoucherIsNoLongerThanTheTermsSay) {
  view_.verified->terms.vouchers = Vouchers{16, Seconds(int64_t{36500} * 86400)};
  ASSERT_TRUE(Use());
  view_.verified->terms.vouchers = kTwo;
  EXPECT_EQ(Stands().emergency_until, wall_ + kTwo.length);
  wall_ += kTwo.length + Seconds(1);
  uptime_ += kTwo.length + Seconds(1);
  EXPECT_EQ(Stands().state, LicenseState::kFallback);
}

TEST_F(BreakGlassTest, TheNextVoucherIsThereWhenTheTermsOfNowEndTheLast) {
  view_.verified->terms.vouchers = Vouchers{2, Seconds(30 * 86400)};
  ASSERT_TRUE(Use());
  view_.verified->terms.vouchers = kTwo;
  wall_ += kTwo.length + Seconds(1);
  uptime_ += kTwo.length + Seconds(1);
  EXPECT_EQ(CheckOf(Use()), "");
}

TEST_F(BreakGlassTest, AVoucherEndsWithTermsThatHaveNone) {
  ASSERT_TRUE(Use());
  view_.verified->terms.vouchers.reset();
  EXPECT_EQ(Stands().state, LicenseState::kFallback);
}

TEST_F(BreakGlassTest, OfSeveralProductsOneIsNamed) {
  LicenseView other = view_;
  other.product = "viewer";
  EXPECT_TRUE(books_.Keep(true));
  const std::vector<LicenseView> both{view_, other};
  EXPECT_EQ(CheckOf(BreakGlass({"", false}, both, true, {time_, books_})), "break_glass.product");
  EXPECT_EQ(CheckOf(BreakGlass({"third", false}, both, true, {time_, books_})), "break_glass.nothing");
  EXPECT_EQ(CheckOf(BreakGlass({"viewer", false}, both, true, {time_, books_})), "");
}

}  // namespace
}  // namespace holdfast
