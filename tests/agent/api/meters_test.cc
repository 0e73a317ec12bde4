#include "agent/api/meters.h"

#include <gtest/gtest.h>

#include "tests/agent/enforcement/views.h"

namespace holdfast::api {
namespace {

constexpr Limit kPages{.kind = LimitKind::kMeter, .max = 1600};
const LicenseId kId{Sha256Digest{}, "nls", "L-1"};
const MeterRecord kMeter{kId, "pages", MeterPeriod::kNever, {}, 0};
const MeterRecord kMonthly{kId, "pages", MeterPeriod::kMonth, {}, 0};

class MetersTest : public ::testing::Test {
 protected:
  // As the agent does it, with a ledger that always commits.
  void Consume(int64_t amount) {
    while (auto batch = meters_.Take(kMeter, kPages, now_, amount)) {
      commits_++;
      recorded_ = batch->record.units;
      meters_.Add(*batch, now_);
    }
  }
  int64_t Used() const { return meters_.Used(kMeter, now_); }
  Meters meters_;
  Time now_ = kMidway;
  int commits_ = 0;
  int64_t recorded_ = 0;
};

TEST_F(MetersTest, WhatIsHandedOutIsOnRecordBefore) {
  for (int i = 0; i < 1600; i++) {
    Consume(1);
    ASSERT_LE(Used(), recorded_);
    ASSERT_LE(recorded_, 1600);
  }
  EXPECT_EQ(Used(), 1600);
}

TEST_F(MetersTest, UnitsOfBeforeTheActivationAreUsedAndOnRecordWithTheFirstBatch) {
  MeterRecord before = kMeter;
  before.units = 1590;
  EXPECT_EQ(meters_.Used(before, now_), 1590);
  EXPECT_EQ(meters_.Used(kMeter, now_), 0) << "control";
  while (auto batch = meters_.Take(before, kPages, now_, 4)) {
    EXPECT_GE(batch->record.units, 1594);
    EXPECT_LE(batch->record.units, 1600);
    meters_.Add(*batch, now_);
  }
  EXPECT_EQ(meters_.Used(before, now_), 1594);
}

TEST_F(MetersTest, ALedgerThatHasMoreThanWasUsedBeforeCountsOnFromThat) {
  MeterRecord before = kMeter;
  before.units = 30;
  meters_.Load({{kId, "pages", MeterPeriod::kNever, {}, 50}});
  EXPECT_EQ(meters_.Used(before, now_), 50);
  before.units = 70;
  EXPECT_EQ(meters_.Used(before, now_), 70);
}

// A floor that was ten years ahead was put right by a vendor's answer.
TEST_F(MetersTest, WhatWasUsedAheadOfTimeIsUsedWhenItsTimeComes) {
  const Limit monthly{.kind = LimitKind::kMeter, .max = 1600, .period = MeterPeriod::kMonth};
  const auto use = [&](int64_t amount) {
    std::optional<MeterRecord> ended;
    while (auto batch = meters_.Take(kMonthly, monthly, now_, amount)) {
      ended = batch->ended;
      meters_.Add(*batch, now_);
    }
    return ended;
  };
  const Time present = now_;
  now_ += std::chrono::years(10);
  use(5);
  const Time begin = PeriodBegin(MeterPeriod::kMonth, now_);
  now_ = present;
  EXPECT_EQ(meters_.Used(kMonthly, now_), 0) << "that was another month";
  const auto ahead = use(2);
  ASSERT_TRUE(ahead);
  EXPECT_EQ(ahead->since, begin);
  EXPECT_EQ(ahead->units, 5);
  meters_.Load({}, {*ahead});
  EXPECT_EQ(meters_.Used(kMonthly, now_), 2);
  now_ += std::chrono::years(10);
  EXPECT_EQ(meters_.Used(kMonthly, now_), 5);
  use(1);
  EXPECT_EQ(meters_.Used(kMonthly, now_), 6);
}

// Three months were brought forward and used up.
TEST_F(MetersTest, AMonthThatBeginsAgainGoesOnWithWhatWasUsedInItAlsoAfterARestart) {
  const Time begin = PeriodBegin(MeterPeriod::kMonth, now_);
  MeterRecord before = kMonthly;
  before.since = begin;
  before.units = 1600;
  meters_.Load({}, {before});
  EXPECT_EQ(meters_.Used(kMonthly, now_), 1600);
  EXPECT_EQ(meters_.Used(kMeter, now_), 0) << "another meter";
  now_ += std::chrono::months(1);
  EXPECT_EQ(meters_.Used(kMonthly, now_), 0);
}

TEST_F(MetersTest, WhenAPeriodIsOverTheNextBatchSaysWhatWasReallyUsedInIt) {
  const Limit monthly{.kind = LimitKind::kMeter, .max = 1600, .period = MeterPeriod::kMonth};
  const auto use = [&](int64_t amount) {
    std::optional<MeterRecord> ended;
    while (auto batch = meters_.Take(kMonthly, monthly, now_, amount)) {
      ended = batch->ended;
      meters_.Add(*batch, now_);
    }
    return ended;
  };
  for (int i = 0; i < 100; i++) EXPECT_EQ(use(1), std::nullopt);
  const Time begin = PeriodBegin(MeterPeriod::kMonth, now_);
  now_ += std::chrono::months(1);
  const auto ended = use(1);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->units, 100);
  EXPECT_EQ(ended->since, begin);
  EXPECT_EQ(use(60), std::nullopt) << "it is told once";
}

// The batch was recorded, and whoever waited for it had been told that it was not.
TEST_F(MetersTest, UnitsThatNobodyGotAreNotToldAsUsed) {
  const Limit monthly{.kind = LimitKind::kMeter, .max = 1600, .period = MeterPeriod::kMonth};
  const auto batch = meters_.Take(kMonthly, monthly, now_, 5);
  ASSERT_TRUE(batch);
  meters_.Add(*batch, now_);
  now_ += std::chrono::months(1);
  const auto next = meters_.Take(kMonthly, monthly, now_, 1);
  ASSERT_TRUE(next && next->ended);
  EXPECT_EQ(next->ended->units, 0);
}

// The TPM's NV bears so many writes and no more, whatever the rate; the last batches before the end of a limit are few.
TEST_F(MetersTest, ASteadyRateCommitsAtMostOnceInABatchsTime) {
  const Limit large{.kind = LimitKind::kMeter, .max = 10'000'000};
  int commits = 0;
  const auto run = [&](Seconds span) {
    for (const Time end = now_ + span; now_ < end; now_ += Seconds(1))
      for (int unit = 0; unit < 7; unit++)
        while (auto batch = meters_.Take(kMeter, large, now_, 1)) commits++, meters_.Add(*batch, now_);
  };
  run(4 * kBatchSpan);  // until batches have their size
  EXPECT_LE(commits, 20);
  commits = 0;
  run(20 * kBatchSpan);
  EXPECT_LE(commits, 20);
  EXPECT_GT(commits, 0);
}

TEST_F(MetersTest, AHurryEndsAfterAFewCommits) {
  for (int i = 0; i < 1600; i++) Consume(1);
  EXPECT_LE(commits_, 8 + 16);  // up to a sixteenth by doubling, then sixteen
}

// A user of the socket must not wear the TPM out with a license that denies nothing.
TEST_F(MetersTest, AboveTheLimitOfAnAdvisoryLicenseAHurryEndsAfterAFewCommitsToo) {
  const Limit small{.kind = LimitKind::kMeter, .max = 10};
  int commits = 0;
  for (int i = 0; i < 100'000; i++)
    while (auto batch = meters_.Take(kMeter, small, now_, 1)) commits++, meters_.Add(*batch, now_);
  EXPECT_EQ(Used(), 100'000);
  EXPECT_LE(commits, 200) << "one for each sixteenth of what is used";
}

TEST_F(MetersTest, AfterACrashTheBatchCountsAsUsed) {
  Consume(5);
  Meters restarted;
  restarted.Load({{kId, "pages", MeterPeriod::kNever, {}, recorded_}});
  EXPECT_EQ(restarted.Used(kMeter, now_), recorded_);
}

TEST_F(MetersTest, LoadingAgainChangesNothing) {
  meters_.Load({});
  Consume(5);
  meters_.Load({{kId, "pages", MeterPeriod::kNever, {}, recorded_}});
  EXPECT_EQ(Used(), 5);
}

TEST_F(MetersTest, TheExactUseIsKnownAtTheEnd) {
  Consume(5);
  ASSERT_EQ(meters_.Used().size(), 1U);
  EXPECT_EQ(meters_.Used()[0].units, 5);
}

TEST_F(MetersTest, ANewPeriodBeginsWithNothingUsedAndTakesNothingFromTheOldBatch) {
  const Limit monthly{.kind = LimitKind::kMeter, .max = 100, .period = MeterPeriod::kMonth};
  meters_.Load({{kId, "pages", MeterPeriod::kMonth, PeriodBegin(MeterPeriod::kMonth, now_), 100}});
  EXPECT_EQ(meters_.Used(kMonthly, now_), 100);
  const Time next = *PeriodEnd(MeterPeriod::kMonth, now_);
  EXPECT_EQ(meters_.Used(kMonthly, next), 0);
  const auto batch = meters_.Take(kMonthly, monthly, next, 1);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->record.since, next);
  meters_.Add(*batch, next);
  EXPECT_FALSE(meters_.Take(kMonthly, monthly, next, 1));
  EXPECT_EQ(meters_.Used(kMonthly, next), 1);
}

TEST_F(MetersTest, ARecordOfBeforeKnowsNoRootAndIsGoneOnWithUnderIt) {
  const LicenseId before{std::nullopt, "nls", "L-1"};
  meters_.Load({{before, "pages", MeterPeriod::kNever, {}, 100}});
  EXPECT_EQ(Used(), 100);
  const auto batch = meters_.Take(kMeter, kPages, now_, 1);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->record.id, kId);
  meters_.Add(*batch, now_);
  meters_.Load({batch->record});
  EXPECT_EQ(Used(), 100) << "once";
}

TEST_F(MetersTest, LicensesDoNotShareUnits) {
  meters_.Load({{kId, "pages", MeterPeriod::kNever, {}, 100}});
  EXPECT_EQ(meters_.Used({{kId.root, "nls", "L-2"}, "pages", MeterPeriod::kNever, {}, 0}, now_), 0);
  EXPECT_EQ(meters_.Used({{kId.root, "other", "L-1"}, "pages", MeterPeriod::kNever, {}, 0}, now_), 0);
}

}  // namespace
}  // namespace holdfast::api
