// Books: what of ledger and time reaches a license.
#include "agent/ledger/books.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/agent/enforcement/views.h"
#include "tests/testing/played_anchor.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {
namespace {

using ::testing::ElementsAre, ::testing::HasSubstr;
using testing::PlayedAnchor;

class BooksTest : public ::testing::Test {
 protected:
  // One run of the agent.
  struct Run {
    OwnedTime time;
    Books books;
    explicit Run(BooksTest& test)
        : time([&test] { return test.wall; }, [&test] { return test.uptime; }),
          books(test.state_, test.anchor_, time) {}
  };
  void SetUp() override {
    ASSERT_TRUE(state_.Lock());
    license_.terms.assurance = AssuranceClass::kHwTpm;
  }
  std::unique_ptr<Run> Start() {
    auto run = std::make_unique<Run>(*this);
    const Status kept = run->books.Keep(true);
    EXPECT_TRUE(kept) << kept.error().message;
    return run;
  }
  // One that cannot keep its books.
  std::unique_ptr<Run> StartInTrouble() {
    auto run = std::make_unique<Run>(*this);
    EXPECT_FALSE(run->books.Keep(true));
    return run;
  }
  LicenseView Judged(const Run& run) const {
    std::vector<LicenseView> views(1);
    views[0].verified = license_;
    run.books.Judge(views);
    return views[0];
  }
  LedgerStanding StandingIn(const Run& run) const { return Judged(run).ledger; }
  testing::TempDir home_;
  const StateDirectory state_{home_.path() / "state"};
  PlayedAnchor anchor_;
  VerifiedLicense license_ = *GoodView().verified;

 public:
  Time wall = kMidway;
  Milliseconds uptime{1000};
};

TEST_F(BooksTest, TimeIsNotSetBackByARestart) {
  Start();
  wall += std::chrono::hours(10);
  uptime += std::chrono::hours(10);
  Start();
  wall -= std::chrono::hours(24 * 100);
  uptime = Milliseconds(5);
  const auto run = Start();
  EXPECT_EQ(run->time.Now(), kMidway + std::chrono::hours(10));
  EXPECT_EQ(run->time.Read().clock, ClockState::kSetBack);
}

TEST_F(BooksTest, AnHourlySaveIncrementsOnce) {
  const auto run = Start();
  const int before = anchor_.increments;
  ASSERT_TRUE(run->books.Save());
  EXPECT_EQ(anchor_.increments, before + 1);
}

TEST_F(BooksTest, AGoodLedgerIsNothingToALicense) {
  Start();
  EXPECT_EQ(StandingIn(*Start()), LedgerStanding::kGood);
}

TEST_F(BooksTest, ARolledBackLedgerStaysSoThroughRestarts) {
  Start();
  const Bytes old = *state_.ReadLedger();
  Start();
  ASSERT_TRUE(state_.WriteLedger(old));
  EXPECT_EQ(StandingIn(*Start()), LedgerStanding::kRolledBack);
  const auto run = Start();
  EXPECT_EQ(run->books.report().finding, LedgerFinding::kGood);
  EXPECT_EQ(StandingIn(*run), LedgerStanding::kRolledBack);
}

// The way back: a new request and its answer, which pin the license anew.
TEST_F(BooksTest, ALicenseThatIsAskedForAfterwardsIsNotJudgedByIt) {
  Start();
  const Bytes old = *state_.ReadLedger();
  Start();
  ASSERT_TRUE(state_.WriteLedger(old));
  const auto run = Start();
  license_.terms.ledger = LedgerPin{tpm::kLedgerCounterIndex, static_cast<int64_t>(*anchor_.counter)};
  EXPECT_EQ(StandingIn(*run), LedgerStanding::kGood);
}

TEST_F(BooksTest, ADeletedLedgerIsFound) {
  Start();
  ASSERT_TRUE(RemoveFile(state_.LedgerPath()));
  EXPECT_EQ(StandingIn(*Start()), LedgerStanding::kRolledBack);
}

// The operating system was installed anew: the TPM has a counter, the disk no ledger, and the license is asked for after that.
TEST_F(BooksTest, ALicenseThatIsYoungerThanWhatWasFoundIsNotJudgedByIt) {
  Start();
  ASSERT_TRUE(RemoveFile(state_.LedgerPath()));
  license_.terms.ledger = LedgerPin{tpm::kLedgerCounterIndex, static_cast<int64_t>(*anchor_.counter)};
  const auto run = Start();
  EXPECT_EQ(run->books.report().finding, LedgerFinding::kLost);
  EXPECT_EQ(StandingIn(*run), LedgerStanding::kRolledBack);
  license_.terms.ledger->base = static_cast<int64_t>(*anchor_.counter);
  EXPECT_EQ(StandingIn(*run), LedgerStanding::kGood);
}

// Everything is deleted, ledger and counter, and the old answer installed again.
TEST_F(BooksTest, ALicenseThatIsOlderThanItsLedgerIsFound) {
  Start();
  license_.terms.ledger = LedgerPin{tpm::kLedgerCounterIndex, static_cast<int64_t>(*anchor_.counter)};
  ASSERT_TRUE(RemoveFile(state_.LedgerPath()));
  anchor_.counter.reset();
  const auto run = Start();
  EXPECT_EQ(run->books.report().finding, LedgerFinding::kNew);
  EXPECT_EQ(StandingIn(*run), LedgerStanding::kRolledBack);
}

TEST_F(BooksTest, ALicenseWithoutTpmIsNotJudgedByTheLedger) {
  Start();
  ASSERT_TRUE(RemoveFile(state_.LedgerPath()));
  license_.terms.assurance = AssuranceClass::kHost;
  EXPECT_EQ(StandingIn(*Start()), LedgerStanding::kGood);
}

const MeterRecord kPages{"nls", "L-1", "pages", {}, 10};

TEST_F(BooksTest, AReservedBatchIsThereAfterACrash) {
  ASSERT_TRUE(Start()->books.Reserve(kPages));
  EXPECT_THAT(*Start()->books.meters(), ElementsAre(kPages));
}

TEST_F(BooksTest, WhatIsLeftIsGivenBackAtTheEnd) {
  const auto run = Start();
  ASSERT_TRUE(run->books.Reserve(kPages));
  MeterRecord used = kPages;
  used.units = 4;
  ASSERT_TRUE(run->books.Close({used}));
  EXPECT_THAT(*Start()->books.meters(), ElementsAre(used));
}

TEST_F(BooksTest, ASmallerBatchOfTheSamePeriodCommitsNothing) {
  const auto run = Start();
  ASSERT_TRUE(run->books.Reserve(kPages));
  const int before = anchor_.increments;
  MeterRecord smaller = kPages;
  smaller.units = 9;
  ASSERT_TRUE(run->books.Reserve(smaller));
  EXPECT_EQ(anchor_.increments, before);
  EXPECT_THAT(*run->books.meters(), ElementsAre(kPages));
}

TEST_F(BooksTest, ANewPeriodReplacesTheOldOne) {
  const auto run = Start();
  ASSERT_TRUE(run->books.Reserve(kPages));
  const MeterRecord next{"nls", "L-1", "pages", kMidway, 1};
  ASSERT_TRUE(run->books.Reserve(next));
  ASSERT_TRUE(run->books.Reserve(kPages)) << "what comes late changes nothing";
  EXPECT_THAT(*run->books.meters(), ElementsAre(next));
}

TEST_F(BooksTest, ABatchThatIsNotCommittedMayNotBeReliedOn) {
  const auto run = Start();
  anchor_.fault = PlayedAnchor::Fault::kBefore;
  EXPECT_FALSE(run->books.Reserve(kPages));
  EXPECT_TRUE(run->books.meters()->empty());
}

TEST_F(BooksTest, ALedgerThatIsMadeAnewKeepsTheMetersItHad) {
  ASSERT_TRUE(Start()->books.Reserve(kPages));
  anchor_.counter.reset();  // deleted
  const auto run = Start();
  EXPECT_EQ(run->books.report().finding, LedgerFinding::kLost);
  EXPECT_THAT(*run->books.meters(), ElementsAre(kPages));
}

TEST_F(BooksTest, ALedgerIsFullAtSomeTime) {
  const auto run = Start();
  MeterRecord record = kPages;
  for (size_t i = 0; i < kMaxMeterRecords; i++) {
    record.limit = "pages" + std::to_string(i);
    ASSERT_TRUE(run->books.Reserve(record));
  }
  record.limit = "one-more";
  const Status full = run->books.Reserve(record);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().check, "ledger.full");
  EXPECT_EQ(Start()->books.meters()->size(), kMaxMeterRecords);
}

// Who takes the ledger away must not be better off than who sets it back.
TEST_F(BooksTest, ALedgerThatCannotBeReadIsNotTakenForAGoodOne) {
  Start();
  ASSERT_TRUE(RemoveFile(state_.LedgerPath()));
  ASSERT_EQ(::mknod(state_.LedgerPath().c_str(), S_IFSOCK | 0600, 0), 0);
  const LicenseView view = Judged(*StartInTrouble());
  EXPECT_EQ(view.ledger, LedgerStanding::kUnknown);
  EXPECT_THAT(view.fault, HasSubstr("ledger.json cannot be opened"));
}

TEST_F(BooksTest, ALedgerThatCannotBeWrittenAnewIsNotTakenForAGoodOne) {
  Start();
  ASSERT_TRUE(RemoveFile(state_.LedgerPath()));
  ASSERT_TRUE(MakeDirectory(state_.LedgerPath(), 0700));
  const auto run = StartInTrouble();
  EXPECT_EQ(StandingIn(*run), LedgerStanding::kUnknown);
  std::filesystem::remove(state_.LedgerPath());
  ASSERT_TRUE(run->books.Keep(true));
  EXPECT_EQ(StandingIn(*run), LedgerStanding::kRolledBack) << "its directory is in order again";
}

TEST_F(BooksTest, ALedgerWhoseCounterCannotBeMadeAnewIsNotTakenForAGoodOne) {
  Start();
  anchor_.counter.reset();
  anchor_.owner_auth_set = true;
  const LicenseView view = Judged(*StartInTrouble());
  EXPECT_EQ(view.ledger, LedgerStanding::kUnknown);
  EXPECT_THAT(view.fault, HasSubstr("the owner hierarchy has a password"));
}

// A full disk takes nothing from who has done nothing.
TEST_F(BooksTest, AGoodLedgerThatCannotBeSavedIsStillGood) {
  Start();
  anchor_.fault = PlayedAnchor::Fault::kBefore;
  EXPECT_EQ(StandingIn(*StartInTrouble()), LedgerStanding::kGood);
}

TEST_F(BooksTest, ARolledBackLedgerThatCannotBeSavedIsStillRolledBack) {
  Start();
  const Bytes old = *state_.ReadLedger();
  Start();
  ASSERT_TRUE(state_.WriteLedger(old));
  anchor_.fault = PlayedAnchor::Fault::kBefore;
  EXPECT_EQ(StandingIn(*StartInTrouble()), LedgerStanding::kRolledBack);
}

}  // namespace
}  // namespace holdfast
