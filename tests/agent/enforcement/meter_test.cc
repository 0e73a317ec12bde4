#include "agent/enforcement/meter.h"

#include <gmock/gmock.h>

#include "tests/agent/enforcement/views.h"

namespace holdfast {
namespace {

using std::chrono::sys_days, std::chrono::November, std::chrono::December, std::chrono::January;
using ::testing::ElementsAre;

constexpr Time At(std::chrono::year_month_day day, int hours = 0) {
  return Time(sys_days(day)) + std::chrono::hours(hours);
}
constexpr auto kYear = std::chrono::year(2026);
const LicenseId kId{Sha256Digest{}, "nls", "L-1"};

TEST(Period, AMonthBeginsOnItsFirstDay) {
  EXPECT_EQ(PeriodBegin(MeterPeriod::kMonth, At(kYear / November / 28, 23)), At(kYear / November / 1));
  EXPECT_EQ(PeriodBegin(MeterPeriod::kMonth, At(kYear / November / 1)), At(kYear / November / 1));
  EXPECT_EQ(PeriodEnd(MeterPeriod::kMonth, At(kYear / December / 31, 23)),
            At(std::chrono::year(2027) / January / 1));
}

TEST(Period, AYearBeginsInJanuary) {
  EXPECT_EQ(PeriodBegin(MeterPeriod::kYear, At(kYear / November / 28)), At(kYear / January / 1));
  EXPECT_EQ(PeriodEnd(MeterPeriod::kYear, At(kYear / January / 1)),
            At(std::chrono::year(2027) / January / 1));
}

TEST(Period, NeverHasNoEnd) {
  EXPECT_EQ(PeriodBegin(MeterPeriod::kNever, kMidway), Time{});
  EXPECT_FALSE(PeriodEnd(MeterPeriod::kNever, kMidway));
}

TEST(Period, ALaterOneHasNothingUsed) {
  const MeterRecord record{kId, "pages", MeterPeriod::kMonth, At(kYear / November / 1), 7};
  EXPECT_EQ(InPeriod(record, At(kYear / November / 30, 23)).units, 7);
  const MeterRecord next = InPeriod(record, At(kYear / December / 1));
  EXPECT_EQ(next.units, 0);
  EXPECT_EQ(next.since, At(kYear / December / 1));
}

TEST(Period, AnEarlierOneGivesNothingBack) {
  const MeterRecord record{kId, "pages", MeterPeriod::kMonth, At(kYear / November / 1), 7};
  EXPECT_EQ(InPeriod(record, At(kYear / std::chrono::October / 31)), record);
}

// Else a fallback edition with a shorter period would begin the other one anew.
TEST(Period, AnotherPeriodIsAnotherMeter) {
  MeterRecord monthly{kId, "pages", MeterPeriod::kMonth, Time{}, 7}, yearly = monthly;
  yearly.period = MeterPeriod::kYear;
  EXPECT_FALSE(IsSameMeter(monthly, yearly));
  yearly.period = MeterPeriod::kMonth;
  yearly.since = kMidway;
  EXPECT_TRUE(IsSameMeter(monthly, yearly));
}

// A floor that was ten years ahead was put right by a vendor's answer.
TEST(Period, FromOneThatWasTakenBackThePresentOneIsAnother) {
  const MeterRecord ahead{kId, "pages", MeterPeriod::kMonth,
                          At((kYear + std::chrono::years(10)) / November / 1), 7};
  const MeterRecord now = InPeriod(ahead, At(kYear / November / 28));
  EXPECT_EQ(now.since, At(kYear / November / 1));
  EXPECT_EQ(now.units, 0);
}

TEST(CountedByLedger, IsWhatItHasOfTheHardMeterBeyondWhatWasUsedBefore) {
  LicenseView view = GoodView();
  LicenseTerms& terms = view.verified->terms;
  terms.grants.limits["pages"] = {.kind = LimitKind::kMeter, .max = 100, .hard = true};
  const MeterRecord record{IdOf(*view.verified), "pages", MeterPeriod::kNever, Time{}, 30};
  MeterRecord other = record;
  other.limit = "renders";
  EXPECT_EQ(CountedByLedger(view, {other, record}), 0) << "nothing but the ledger counts it";
  terms.meter = MeterPin{0x01a80000, 7};
  EXPECT_EQ(CountedByLedger(view, {other, record}), 30);
  EXPECT_EQ(CountedByLedger(view, {other}), 0);
  terms.used = {{"pages", MeterPeriod::kNever, Time{}, 22}};
  EXPECT_EQ(CountedByLedger(view, {other, record}), 8);
  terms.used[0].units = 31;
  EXPECT_EQ(CountedByLedger(view, {other, record}), 0);
}

TEST(Meter, AnotherRootsLicenseOfTheSameNameHasItsOwn) {
  const MeterRecord genuine{kId, "pages", MeterPeriod::kMonth, kMidway, 7};
  MeterRecord own = genuine;
  own.id.root = Sha256Digest{7};
  EXPECT_FALSE(IsSameMeter(genuine, own));
}

LicenseView Metered(int overage_percent = 0) {
  LicenseView view = GoodView();
  view.verified->terms.grants.limits["pages"] = {
      .kind = LimitKind::kMeter, .max = 100, .overage_percent = overage_percent};
  return view;
}

TEST(DecideMeter, GrantsUpToTheLimit) {
  EXPECT_TRUE(DecideMeter(Metered(), kMidway, "pages", 90, 10).allowed);
  const Decision denied = DecideMeter(Metered(), kMidway, "pages", 90, 11);
  EXPECT_FALSE(denied.allowed);
  EXPECT_THAT(denied.reasons, ElementsAre(Reason::kLimitReached));
}

TEST(DecideMeter, WarnsWithinTheOverage) {
  const Decision over = DecideMeter(Metered(10), kMidway, "pages", 100, 10);
  EXPECT_TRUE(over.allowed);
  EXPECT_THAT(over.reasons, ElementsAre(Reason::kOverage));
  EXPECT_FALSE(DecideMeter(Metered(10), kMidway, "pages", 100, 11).allowed);
}

TEST(DecideMeter, BelievesNoLedgerThatWasSetBackWhateverThePolicy) {
  LicenseView view = Metered();
  view.ledger = LedgerStanding::kRolledBack;
  for (const Policy policy : {Policy::kAllow, Policy::kWarn, Policy::kDeny}) {
    view.verified->terms.policies.rollback = policy;
    const Decision decision = DecideMeter(view, kMidway, "pages", 0, 1);
    EXPECT_FALSE(decision.allowed);
    EXPECT_THAT(decision.reasons, ::testing::Contains(Reason::kStateRollback).Times(1));
  }
}

LicenseView HardView() {
  LicenseView view = GoodView();
  view.verified->terms.grants.limits["pages"] = {.kind = LimitKind::kMeter, .max = 5, .hard = true};
  view.verified->terms.meter = MeterPin{0x01a84711, 7};
  return view;
}

TEST(DecideHardMeter, ALedgerThatWasSetBackSaysNothingOfIt) {
  LicenseView view = HardView();
  view.ledger = LedgerStanding::kRolledBack;
  view.verified->terms.policies.rollback = Policy::kWarn;
  EXPECT_FALSE(DecideMeter(view, kMidway, "pages", 0, 1).allowed);
  const Decision decision = DecideHardMeter(view, kMidway, "pages", 4, 1);
  EXPECT_TRUE(decision.allowed);
  EXPECT_THAT(decision.reasons, ElementsAre(Reason::kStateRollback)) << "as a warning";
  EXPECT_FALSE(DecideHardMeter(view, kMidway, "pages", 5, 1).allowed);
}

TEST(DecideHardMeter, OneThatIsLostGrantsNothing) {
  LicenseView view = HardView();
  view.hard_count.lost = true;
  const Decision decision = DecideHardMeter(view, kMidway, "pages", 0, 1);
  EXPECT_FALSE(decision.allowed);
  EXPECT_THAT(decision.reasons, ::testing::Contains(Reason::kStateRollback));
  EXPECT_FALSE(decision.used);
}

TEST(DecideHardMeter, WithoutTheHardwareGrantsNothing) {
  LicenseView view = HardView();
  view.hardware = HardwareProof::kWrongHardware;
  view.repair = GrantedPeriod{kFrom, kExpires, Seconds(0)};
  EXPECT_FALSE(DecideHardMeter(view, kMidway, "pages", 0, 1).allowed);
}

const Limit kThousand{.kind = LimitKind::kMeter, .max = 1000};

TEST(NextBatchSize, BeginsWithOneAndDoublesWhileBatchesAreShort) {
  EXPECT_EQ(NextBatchSize(0, Seconds(0), kThousand), 1);
  EXPECT_EQ(NextBatchSize(1, kBatchSpan - Seconds(1), kThousand), 2);
  EXPECT_EQ(NextBatchSize(16, Seconds(0), kThousand), 32);
}

TEST(NextBatchSize, StaysWhileABatchLastsItsTimeAndShrinksWhenItLastsTenfold) {
  const Seconds longer = 10 * kBatchSpan + Seconds(1);
  EXPECT_EQ(NextBatchSize(16, kBatchSpan, kThousand), 16);
  EXPECT_EQ(NextBatchSize(16, longer, kThousand), 8);
  EXPECT_EQ(NextBatchSize(1, longer, kThousand), 1);
}

TEST(NextBatchSize, IsAtMostASixteenthOfTheLimit) {
  EXPECT_EQ(NextBatchSize(60, Seconds(0), kThousand), 62);
  EXPECT_EQ(NextBatchSize(4, Seconds(0), {.kind = LimitKind::kMeter, .max = 5}), 1);
}

}  // namespace
}  // namespace holdfast
