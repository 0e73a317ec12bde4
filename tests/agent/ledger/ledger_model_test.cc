// What an administrator can reach with any order of commits, interruptions and restored files: never a ledger that is found
// good and lacks what somebody relied on.
#include <gtest/gtest.h>

#include <random>

#include "agent/ledger/ledger.h"
#include "tests/testing/played_anchor.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {
namespace {

using testing::PlayedAnchor;

constexpr Time kEpoch{};

// The content's only fact: how much was granted.
int64_t Granted(const LedgerContent& content) {
  return (content.time.floor - kEpoch).count();
}

class World {
 public:
  explicit World(uint32_t seed) : random_(seed), state_(home_.path() / "state") {
    if (!state_.Lock()) throw std::runtime_error("no state directory");
  }
  void Step() {
    switch (Pick(8)) {
      case 0:
        return Start();
      case 1:
        ledger_.reset();  // killed
        return;
      case 2:
        if (!files_.empty()) Put(files_[static_cast<size_t>(Pick(static_cast<int>(files_.size())))]);
        return;
      case 3:
        anchor_.fault = static_cast<PlayedAnchor::Fault>(Pick(3));
        anchor_.create_fault = static_cast<PlayedAnchor::Fault>(Pick(3));
        return;
      default:
        return Grant();
    }
  }

 private:
  int Pick(int below) { return static_cast<int>(random_() % static_cast<uint32_t>(below)); }
  void Keep() {
    if (auto file = state_.ReadLedger()) files_.push_back(std::move(*file));
  }
  void Put(const Bytes& file) {
    ledger_.reset();
    ASSERT_TRUE(state_.WriteLedger(file));
  }
  void Start() {
    auto opened = Ledger::Open(state_, anchor_, true);
    ASSERT_TRUE(opened);
    ledger_.emplace(std::move(*opened));
    const bool trusted = ledger_->finding() == LedgerFinding::kGood && ledger_->content().disturbed == 0;
    // A ledger that was made anew says so by its birth: licenses of before are not served from it.
    if (trusted && ledger_->content().birth == first_birth_) {
      ASSERT_GE(Granted(ledger_->content()), granted_) << "granted twice";
    }
  }
  void Grant() {
    if (!ledger_) return;
    LedgerContent content = ledger_->content();
    content.time.floor += Seconds(1 + Pick(100));
    const int64_t total = Granted(content);
    const bool committed = ledger_->Commit(std::move(content)).has_value();
    Keep();
    if (!committed) return;
    const LedgerContent& now = ledger_->content();
    if (first_birth_ == 0) first_birth_ = now.birth;
    if (now.birth == first_birth_ && now.disturbed == 0) granted_ = std::max(granted_, total);
  }

  std::mt19937 random_;
  testing::TempDir home_ = testing::TempDir::InMemory();
  const StateDirectory state_;
  PlayedAnchor anchor_;
  std::optional<Ledger> ledger_;
  std::vector<Bytes> files_;  // whatever was on the disk at any time
  int64_t granted_ = 0, first_birth_ = 0;
};

TEST(LedgerModel, NothingThatWasReliedOnIsEverMissingFromAGoodLedger) {
  for (uint32_t seed = 1; seed <= 200; seed++) {
    World world(seed);
    for (int step = 0; step < 60; step++) {
      world.Step();
      ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "seed " << seed << " step " << step;
    }
  }
}

class LedgerFaultTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(state_.Lock()); }
  Ledger Open() { return std::move(*Ledger::Open(state_, anchor_, true)); }
  Status Grant(Ledger& ledger, int64_t amount) {
    LedgerContent content = ledger.content();
    content.time.floor += Seconds(amount);
    return ledger.Commit(std::move(content));
  }
  testing::TempDir home_;
  const StateDirectory state_{home_.path() / "state"};
  PlayedAnchor anchor_;
};

// A file that was written and never counted is kept aside, more is granted from the one before, and it comes back.
TEST_F(LedgerFaultTest, AFileKeptAsideFromAnInterruptionIsNeverTheNewestAgain) {
  Ledger ledger = Open();
  ASSERT_TRUE(Grant(ledger, 1));
  const Bytes before = *state_.ReadLedger();
  anchor_.fault = PlayedAnchor::Fault::kBefore;
  ASSERT_FALSE(Grant(ledger, 1));
  const Bytes aside = *state_.ReadLedger();
  ASSERT_TRUE(state_.WriteLedger(before));
  Ledger again = Open();
  ASSERT_EQ(again.finding(), LedgerFinding::kGood);
  ASSERT_TRUE(Grant(again, 500));
  ASSERT_TRUE(state_.WriteLedger(aside));
  EXPECT_EQ(Open().finding(), LedgerFinding::kRolledBack);
}

TEST_F(LedgerFaultTest, AnAnswerThatWasLostAfterTheIncrementIsNotAskedForTwice) {
  Ledger ledger = Open();
  ASSERT_TRUE(Grant(ledger, 1));
  anchor_.fault = PlayedAnchor::Fault::kAfter;
  EXPECT_FALSE(Grant(ledger, 10));
  EXPECT_EQ(Granted(ledger.content()), 1);  // nothing was relied on
  EXPECT_TRUE(Grant(ledger, 10));
  EXPECT_EQ(Granted(Open().content()), 11);
}

TEST_F(LedgerFaultTest, EveryInterruptionLeavesAGoodLedger) {
  for (const auto fault : {PlayedAnchor::Fault::kBefore, PlayedAnchor::Fault::kAfter}) {
    for (const bool settling : {true, false}) {
      Ledger ledger = Open();
      ASSERT_TRUE(settling || ledger.Settle());
      anchor_.fault = fault;
      (void)Grant(ledger, 1);
      EXPECT_EQ(Open().finding() == LedgerFinding::kGood || Open().finding() == LedgerFinding::kNew, true);
    }
  }
  EXPECT_EQ(Open().content().disturbed, 0);
}

// Killed, or out of disk, before the counter is there, or before its ledger has its value.
class BeginningTest : public LedgerFaultTest {
 protected:
  // Leaves a ledger that was begun, and returns its file.
  Bytes Interrupt(PlayedAnchor::Fault fault) {
    Ledger ledger = Open();
    anchor_.create_fault = fault;
    EXPECT_FALSE(ledger.Settle());
    auto file = state_.ReadLedger();
    EXPECT_TRUE(file) << "begun by the file";
    return file ? std::move(*file) : Bytes();
  }
};

TEST_F(BeginningTest, ThatIsInterruptedIsNoLedgerThatWasTakenAway) {
  for (const auto fault : {PlayedAnchor::Fault::kBefore, PlayedAnchor::Fault::kAfter}) {
    ASSERT_TRUE(RemoveFile(state_.LedgerPath()));
    anchor_.counter.reset();
    Interrupt(fault);
    EXPECT_EQ(anchor_.counter.has_value(), fault == PlayedAnchor::Fault::kAfter);
    Ledger ledger = Open();
    EXPECT_EQ(ledger.finding(), LedgerFinding::kNew);
    EXPECT_FALSE(ledger.exists());
    ASSERT_TRUE(Grant(ledger, 1));
    EXPECT_FALSE(ledger.replaced_counter()) << "it is its own";
    EXPECT_EQ(ledger.content().disturbed, 0);
    EXPECT_EQ(Open().finding(), LedgerFinding::kGood);
  }
}

TEST_F(BeginningTest, IsTriedAgainByTheSameProcess) {
  for (const auto fault : {PlayedAnchor::Fault::kBefore, PlayedAnchor::Fault::kAfter}) {
    ASSERT_TRUE(RemoveFile(state_.LedgerPath()));
    anchor_.counter.reset();
    Ledger ledger = Open();
    anchor_.create_fault = fault;
    ASSERT_FALSE(Grant(ledger, 1));
    ASSERT_TRUE(Grant(ledger, 1));
    EXPECT_FALSE(ledger.replaced_counter());
    EXPECT_EQ(ledger.content().disturbed, 0);
  }
}

TEST_F(BeginningTest, ThatFindsNoRoomForItsFileMakesNoCounter) {
  Ledger ledger = Open();
  ASSERT_TRUE(MakeDirectory(state_.LedgerPath(), 0700));  // nothing takes its place
  EXPECT_FALSE(ledger.Settle());
  EXPECT_FALSE(anchor_.counter);
}

TEST_F(BeginningTest, InThePlaceOfALedgerThatWasLostIsLostWheneverItIsDone) {
  Ledger ledger = Open();
  ASSERT_TRUE(Grant(ledger, 1));
  for (const auto fault : {PlayedAnchor::Fault::kBefore, PlayedAnchor::Fault::kAfter}) {
    ASSERT_TRUE(RemoveFile(state_.LedgerPath()));
    Interrupt(fault);
    Ledger anew = Open();
    EXPECT_EQ(anew.finding(), LedgerFinding::kLost);
    ASSERT_TRUE(anew.Settle());
    EXPECT_EQ(anew.content().disturbed, anew.content().birth);
  }
}

// No better than a file and a counter that are both deleted.
TEST_F(BeginningTest, WhoseFileIsPutBackLaterIsALedgerThatIsBornLater) {
  const Bytes aside = Interrupt(PlayedAnchor::Fault::kAfter);
  Ledger resumed = Open();
  ASSERT_TRUE(Grant(resumed, 500));
  const int64_t stamp = resumed.content().stamp;
  ASSERT_TRUE(state_.WriteLedger(aside));
  Ledger again = Open();
  EXPECT_NE(again.finding(), LedgerFinding::kGood);
  ASSERT_TRUE(again.Settle());
  EXPECT_GT(again.content().birth, stamp);
}

TEST_F(BeginningTest, WhoseFileIsPutBackBesideTheCounterOfAnotherLedgerIsLost) {
  const Bytes aside = Interrupt(PlayedAnchor::Fault::kBefore);
  ASSERT_TRUE(Open().Settle());
  ASSERT_TRUE(state_.WriteLedger(aside));
  EXPECT_EQ(Open().finding(), LedgerFinding::kLost);
}

// As an agent without a license in the TPM, which is started after an interrupted request, finds it.
TEST_F(BeginningTest, GoesOnWithTheTpmWhoeverAsks) {
  Interrupt(PlayedAnchor::Fault::kAfter);
  auto ledger = Ledger::Open(state_, anchor_, false);
  ASSERT_TRUE(ledger);
  ASSERT_TRUE(ledger->Settle());
  EXPECT_TRUE(ledger->uses_tpm());
  EXPECT_EQ(Open().finding(), LedgerFinding::kGood);
}

TEST_F(LedgerFaultTest, EverySingleBitThatIsFlippedIsFound) {
  Ledger ledger = Open();
  ASSERT_TRUE(Grant(ledger, 1));
  const Bytes good = *state_.ReadLedger();
  for (size_t bit = 0; bit < good.size() * 8; bit++) {
    Bytes flipped = good;
    flipped[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    ASSERT_TRUE(state_.WriteLedger(flipped));
    const auto opened = Ledger::Open(state_, anchor_, true);
    if (!opened) continue;  // of another schema now, and not used
    const bool as_before = opened->finding() == LedgerFinding::kGood && Granted(opened->content()) == 1;
    ASSERT_TRUE(opened->finding() != LedgerFinding::kGood || as_before) << bit;
  }
}

TEST(JudgeStamp, KnowsTheTable) {
  EXPECT_EQ(JudgeStamp(7, 8), LedgerFinding::kRolledBack);
  EXPECT_EQ(JudgeStamp(8, 8), LedgerFinding::kGood);
  EXPECT_EQ(JudgeStamp(9, 8), LedgerFinding::kGood);
  EXPECT_EQ(JudgeStamp(10, 8), LedgerFinding::kTpmBehind);
}

}  // namespace
}  // namespace holdfast
