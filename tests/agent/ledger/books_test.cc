// Books: what of ledger and time reaches a license.
#include "agent/ledger/books.h"

#include <gtest/gtest.h>

#include "tests/agent/enforcement/views.h"
#include "tests/testing/played_anchor.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {
namespace {

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
  EXPECT_FALSE(Start()->books.RolledBack(license_));
}

TEST_F(BooksTest, ARolledBackLedgerStaysSoThroughRestarts) {
  Start();
  const Bytes old = *state_.ReadLedger();
  Start();
  ASSERT_TRUE(state_.WriteLedger(old));
  EXPECT_TRUE(Start()->books.RolledBack(license_));
  const auto run = Start();
  EXPECT_EQ(run->books.report().finding, LedgerFinding::kGood);
  EXPECT_TRUE(run->books.RolledBack(license_));
}

// The way back: a new request and its answer, which pin the license anew.
TEST_F(BooksTest, ALicenseThatIsAskedForAfterwardsIsNotJudgedByIt) {
  Start();
  const Bytes old = *state_.ReadLedger();
  Start();
  ASSERT_TRUE(state_.WriteLedger(old));
  const auto run = Start();
  license_.terms.ledger = LedgerPin{tpm::kLedgerCounterIndex, static_cast<int64_t>(*anchor_.counter)};
  EXPECT_FALSE(run->books.RolledBack(license_));
}

TEST_F(BooksTest, ADeletedLedgerIsFound) {
  Start();
  ASSERT_TRUE(RemoveFile(state_.LedgerPath()));
  EXPECT_TRUE(Start()->books.RolledBack(license_));
}

// The operating system was installed anew: the TPM has a counter, the disk no ledger, and the license is asked for after that.
TEST_F(BooksTest, ALicenseThatIsYoungerThanWhatWasFoundIsNotJudgedByIt) {
  Start();
  ASSERT_TRUE(RemoveFile(state_.LedgerPath()));
  license_.terms.ledger = LedgerPin{tpm::kLedgerCounterIndex, static_cast<int64_t>(*anchor_.counter)};
  const auto run = Start();
  EXPECT_EQ(run->books.report().finding, LedgerFinding::kLost);
  EXPECT_TRUE(run->books.RolledBack(license_));
  license_.terms.ledger->base = static_cast<int64_t>(*anchor_.counter);
  EXPECT_FALSE(run->books.RolledBack(license_));
}

// Everything is deleted, ledger and counter, and the old answer installed again.
TEST_F(BooksTest, ALicenseThatIsOlderThanItsLedgerIsFound) {
  Start();
  license_.terms.ledger = LedgerPin{tpm::kLedgerCounterIndex, static_cast<int64_t>(*anchor_.counter)};
  ASSERT_TRUE(RemoveFile(state_.LedgerPath()));
  anchor_.counter.reset();
  const auto run = Start();
  EXPECT_EQ(run->books.report().finding, LedgerFinding::kNew);
  EXPECT_TRUE(run->books.RolledBack(license_));
}

TEST_F(BooksTest, ALicenseWithoutTpmIsNotJudgedByTheLedger) {
  Start();
  ASSERT_TRUE(RemoveFile(state_.LedgerPath()));
  license_.terms.assurance = AssuranceClass::kHost;
  EXPECT_FALSE(Start()->books.RolledBack(license_));
}

}  // namespace
}  // namespace holdfast
