// The ledger on a real (software) TPM: what comes back and what is found when somebody has been at it.
#include "agent/ledger/ledger.h"

#include <filesystem>

#include "tests/agent/tpm/fixture.h"

namespace holdfast {
namespace {

using namespace testing;
namespace fs = std::filesystem;

constexpr Time kSomeTime = std::chrono::sys_days(std::chrono::year(2026) / 11 / 28);

class LedgerTest : public TpmTest {
 protected:
  void SetUp() override {
    TpmTest::SetUp();
    ASSERT_TRUE(state_.Lock());
  }
  Ledger Open(bool use_tpm = true) {
    auto ledger = Ledger::Open(state_, *tpm_, use_tpm);
    if (!ledger) throw std::runtime_error(ledger.error().message);
    return std::move(*ledger);
  }
  static LedgerContent Days(const Ledger& ledger, int days) {
    LedgerContent content = ledger.content();
    content.time.floor = kSomeTime + std::chrono::days(days);
    return content;
  }
  void CommitDays(int days) {
    Ledger ledger = Open();
    const Status committed = ledger.Commit(Days(ledger, days));
    ASSERT_TRUE(committed) << committed.error().message;
  }
  fs::path Copy(const std::string& name) {
    fs::copy_file(state_.LedgerPath(), dir_.path() / name, fs::copy_options::overwrite_existing);
    return dir_.path() / name;
  }
  void Restore(const fs::path& copy) {
    fs::copy_file(copy, state_.LedgerPath(), fs::copy_options::overwrite_existing);
  }
  const StateDirectory state_{dir_.path() / "state"};
};

TEST_F(LedgerTest, BeginsNew) {
  EXPECT_EQ(Open().finding(), LedgerFinding::kNew);
  EXPECT_FALSE(fs::exists(state_.LedgerPath()));
}

TEST_F(LedgerTest, WhatWasCommittedComesBackAfterARestart) {
  CommitDays(3);
  const Ledger ledger = Open();
  EXPECT_EQ(ledger.finding(), LedgerFinding::kGood);
  EXPECT_EQ(ledger.content().time.floor, kSomeTime + std::chrono::days(3));
  EXPECT_TRUE(ledger.uses_tpm());
  EXPECT_TRUE(ledger.clock());
}

TEST_F(LedgerTest, OneCommitIncrementsOnceAndSoDoesAStart) {
  Ledger ledger = Open();
  ASSERT_TRUE(ledger.Commit(Days(ledger, 1)));
  const int64_t before = ledger.content().stamp;
  ASSERT_TRUE(ledger.Commit(Days(ledger, 2)));
  EXPECT_EQ(ledger.content().stamp, before + 1);
  Ledger again = Open();
  ASSERT_TRUE(again.Settle());
  EXPECT_EQ(again.content().stamp, before + 2);
}

TEST_F(LedgerTest, AFileOfYesterdayIsRolledBack) {
  CommitDays(1);
  const auto old = Copy("old");
  CommitDays(2);
  Restore(old);
  Ledger ledger = Open();
  EXPECT_EQ(ledger.finding(), LedgerFinding::kRolledBack);
  ASSERT_TRUE(ledger.Settle());
  EXPECT_EQ(ledger.content().disturbed, ledger.content().stamp);
  EXPECT_EQ(Open().finding(), LedgerFinding::kGood);  // and remembers it
  EXPECT_GT(Open().content().disturbed, 0);
}

TEST_F(LedgerTest, ADeletedFileIsLost) {
  CommitDays(1);
  const int64_t born = Open().content().birth;
  fs::remove(state_.LedgerPath());
  Ledger ledger = Open();
  EXPECT_EQ(ledger.finding(), LedgerFinding::kLost);
  ASSERT_TRUE(ledger.Settle());
  EXPECT_GT(ledger.content().birth, born);
}

// Killed between the two commands that make a counter.
TEST_F(LedgerTest, ACounterThatWasNeverIncrementedIsNone) {
  Administer(
      "tpm2_nvdefine 0x01a00000 -C owner -a 'nt=counter|ownerread|authread|authwrite|no_da' -p secret");
  Ledger ledger = Open();
  EXPECT_EQ(ledger.finding(), LedgerFinding::kNew);
  const Status begun = ledger.Settle();
  ASSERT_TRUE(begun) << begun.error().message;
  EXPECT_FALSE(ledger.replaced_counter());
  EXPECT_EQ(ledger.content().disturbed, 0);
  EXPECT_EQ(Open().finding(), LedgerFinding::kGood);
}

TEST_F(LedgerTest, ACounterThatAnotherStateDirectoryUsesIsReplacedAndThatIsKnown) {
  Ledger first = Open();
  ASSERT_TRUE(first.Settle());
  EXPECT_FALSE(first.replaced_counter());
  const StateDirectory other(dir_.path() / "other");
  ASSERT_TRUE(other.Lock());
  auto second = Ledger::Open(other, *tpm_, true);
  ASSERT_TRUE(second);
  ASSERT_TRUE(second->Settle());
  EXPECT_TRUE(second->replaced_counter());
  EXPECT_EQ(Open().finding(), LedgerFinding::kLost) << "what it does to the first";
}

TEST_F(LedgerTest, ADeletedCounterIsLostAndTimeIsCarriedOver) {
  CommitDays(5);
  const int64_t born = Open().content().birth;
  Administer("tpm2_nvundefine -C owner 0x01a00000");
  Ledger ledger = Open();
  EXPECT_EQ(ledger.finding(), LedgerFinding::kLost);
  EXPECT_EQ(ledger.content().time.floor, kSomeTime + std::chrono::days(5));
  ASSERT_TRUE(ledger.Settle());
  EXPECT_GT(ledger.content().birth, born);
}

// Deleting file and index hides that there ever was a ledger, but not when the new one was born.
TEST_F(LedgerTest, DeletedFileAndCounterGiveALedgerThatIsBornLater) {
  CommitDays(5);
  const int64_t stamp = Open().content().stamp;
  Administer("tpm2_nvundefine -C owner 0x01a00000");
  fs::remove(state_.LedgerPath());
  Ledger ledger = Open();
  EXPECT_EQ(ledger.finding(), LedgerFinding::kNew);
  ASSERT_TRUE(ledger.Settle());
  EXPECT_GT(ledger.content().birth, stamp);
}

TEST_F(LedgerTest, ALedgerOfAnotherMachineIsForeign) {
  CommitDays(5);
  const auto other = SwTpm::Start(dir_.path() / "other", {.identity = "b"});
  const auto tpm = TpmTest::Open(other->tcti());
  auto ledger = Ledger::Open(state_, *tpm, true);
  ASSERT_TRUE(ledger) << ledger.error().message;
  EXPECT_EQ(ledger->finding(), LedgerFinding::kForeign);
  EXPECT_EQ(ledger->content().stamp, 0);  // nothing of it is believed
}

TEST_F(LedgerTest, AClearedTpmIsForeign) {
  CommitDays(5);
  Administer("tpm2_clear -c platform");
  Ledger ledger = Open();
  EXPECT_EQ(ledger.finding(), LedgerFinding::kForeign);
  EXPECT_TRUE(ledger.Settle());
}

// The state of a virtual TPM was restored from a snapshot, the disk was not.
TEST_F(LedgerTest, ATpmThatWasSetBackIsNamed) {
  CommitDays(1);
  tpm_->Release();
  swtpm_->Reboot();
  swtpm_->Kill();
  fs::copy(swtpm_->dir() / "tpm2-00.permall", dir_.path() / "snapshot");
  swtpm_->Reboot();
  for (int day = 2; day < 5; day++) CommitDays(day);
  tpm_->Release();
  swtpm_->Kill();
  fs::copy_file(dir_.path() / "snapshot", swtpm_->dir() / "tpm2-00.permall",
                fs::copy_options::overwrite_existing);
  swtpm_->Reboot();
  Ledger ledger = Open();
  EXPECT_EQ(ledger.finding(), LedgerFinding::kTpmBehind);
  ASSERT_TRUE(ledger.Settle());
  EXPECT_EQ(Open().finding(), LedgerFinding::kGood);
}

TEST_F(LedgerTest, WithoutATpmItIsKeptButSettingItBackIsNotSeen) {
  Ledger ledger = Open(false);
  ASSERT_TRUE(ledger.Commit(Days(ledger, 1)));
  const auto old = Copy("old");
  ASSERT_TRUE(ledger.Commit(Days(ledger, 2)));
  EXPECT_FALSE(ledger.uses_tpm());
  Restore(old);
  EXPECT_EQ(Open(false).finding(), LedgerFinding::kGood);
}

TEST_F(LedgerTest, TheFirstLicenseInTheTpmMakesItAnewWithTheTimeThatWasKnown) {
  Ledger ledger = Open(false);
  ASSERT_TRUE(ledger.Commit(Days(ledger, 7)));
  Ledger with_tpm = Open(true);
  EXPECT_EQ(with_tpm.finding(), LedgerFinding::kNew);
  ASSERT_TRUE(with_tpm.Settle());
  EXPECT_TRUE(with_tpm.uses_tpm());
  EXPECT_EQ(with_tpm.content().time.floor, kSomeTime + std::chrono::days(7));
}

TEST_F(LedgerTest, ACounterOfItsOwnThatWasMadeBeforeAFailedWriteReplacesNobodys) {
  Ledger ledger = Open();
  fs::create_directories(state_.LedgerPath() / "in-the-way");
  ASSERT_FALSE(ledger.Settle());
  fs::remove_all(state_.LedgerPath());
  ASSERT_TRUE(ledger.Settle());
  EXPECT_FALSE(ledger.replaced_counter());
  EXPECT_EQ(Open().finding(), LedgerFinding::kGood);
}

// An agent that was replaced by an older one.
TEST_F(LedgerTest, OfANewerSchemaItIsLeftAsItIs) {
  CommitDays(1);
  std::string text(AsText(*state_.ReadLedger()));
  const size_t at = text.find("\"1.0\"");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 5, "\"2.0\"");
  ASSERT_TRUE(state_.WriteLedger(AsBytes(text)));
  const auto opened = Ledger::Open(state_, *tpm_, true);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().check, "state.schema");
  EXPECT_EQ(AsText(*state_.ReadLedger()), text);
}

TEST_F(LedgerTest, ASilentTpmIsNoFinding) {
  CommitDays(1);
  tpm_->Release();
  swtpm_->Kill();
  EXPECT_FALSE(Ledger::Open(state_, *tpm_, true));
}

}  // namespace
}  // namespace holdfast
