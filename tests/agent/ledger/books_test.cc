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

const LicenseId kId{Sha256Digest{}, "nls", "L-1"};

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

// The file of before the vendor's word is put back, beside a ledger that is good.
TEST_F(BooksTest, AnOlderFileOfALicenseIsARestoredOne) {
  const auto run = Start();
  VerifiedLicense newer = license_;
  newer.crl_number++;
  std::vector<LicenseView> views(1);
  views[0].verified = newer;
  EXPECT_TRUE(run->books.See(views));
  ASSERT_TRUE(run->books.Save());
  EXPECT_FALSE(run->books.See(views)) << "once";
  EXPECT_EQ(StandingIn(*run), LedgerStanding::kRolledBack);
  EXPECT_EQ(StandingIn(*Start()), LedgerStanding::kRolledBack) << "after a restart";
  license_ = newer;
  EXPECT_EQ(StandingIn(*run), LedgerStanding::kGood) << "the newest installed again";
  license_.not_before += std::chrono::hours(1);
  license_.crl_number = 0;
  EXPECT_EQ(StandingIn(*run), LedgerStanding::kGood) << "a renewal comes with a list of its own";
}

// Counted before the TPM did: another program's index was in the meter's place, say, when the license was asked for first.
TEST_F(BooksTest, UnitsOfAHardMeterThatTheLedgerCountedAreUsed) {
  license_.terms.grants.limits["pages"] = {.kind = LimitKind::kMeter, .max = 100, .hard = true};
  license_.terms.meter = MeterPin{0x01a80000, 7};
  const auto run = Start();
  const MeterRecord record{IdOf(license_), "pages", MeterPeriod::kNever, Time{}, 30};
  ASSERT_TRUE(run->books.Reserve(record));
  std::vector<LicenseView> views(1);
  views[0].verified = license_;
  run->books.Judge(views);
  EXPECT_FALSE(views[0].hard_count.used) << "the TPM was not asked";
  views[0].hard_count.used = 60;
  run->books.Judge(views);
  EXPECT_EQ(views[0].hard_count.used, 90);
}

TEST_F(BooksTest, AnOlderFileHasNoContactWithTheVendor) {
  license_.terms.assurance = AssuranceClass::kHost;
  const auto run = Start();
  VerifiedLicense newer = license_;
  newer.crl_number++;
  std::vector<LicenseView> views(1);
  views[0].verified = newer;
  run->books.See(views);
  ASSERT_TRUE(run->books.Sent(IdOf(license_), Sha256Digest{1}));
  ASSERT_TRUE(run->books.Answered(true, IdOf(license_), {Sha256Digest{1}, Sha256Digest{2}, wall}));
  EXPECT_FALSE(Judged(*run).contact);
  license_ = newer;
  EXPECT_EQ(Judged(*run).contact, wall);
}

TEST_F(BooksTest, WhatAnotherRootsLicenseOfTheSameNameDidIsNothingToALicense) {
  const auto run = Start();
  VerifiedLicense own = license_;
  own.root = Sha256Digest{7};
  ASSERT_TRUE(run->books.Sent(IdOf(own), Sha256Digest{1}));
  const AppliedAnswer later{Sha256Digest{1}, Sha256Digest{2}, wall + std::chrono::hours(24 * 365)};
  ASSERT_TRUE(run->books.Answered(true, IdOf(own), later));
  EXPECT_FALSE(Judged(*run).contact);
  const LicenseId own_id{Sha256Digest{7}, "nls", license_.terms.license}, id = IdOf(license_);
  ASSERT_TRUE(run->books.Reserve({id, "pages", MeterPeriod::kNever, {}, 9}));
  ASSERT_TRUE(run->books.Reserve({own_id, "pages", MeterPeriod::kNever, {}, 1}));
  EXPECT_EQ(run->books.meters()->size(), 2U);
  license_ = own;
  EXPECT_EQ(Judged(*run).contact, later.time) << "control";
}

// Two processes with copies of one ledger, on one TPM.
TEST_F(BooksTest, ACopyThatIsUsedBesideItDisturbsBoth) {
  const auto one = Start();
  const testing::TempDir copied;
  std::filesystem::copy(state_.path(), copied.path(), std::filesystem::copy_options::recursive);
  const StateDirectory other_state(copied.path());
  OwnedTime other_time([this] { return wall; }, [this] { return uptime; });
  Books other(other_state, anchor_, other_time);
  ASSERT_TRUE(other.Keep(true));
  const MeterRecord units{kId, "pages", MeterPeriod::kNever, {}, 5};
  EXPECT_EQ(one->books.Reserve(units).error().check, "tpm.counter") << "nothing is handed out";
  EXPECT_EQ(StandingIn(*one), LedgerStanding::kRolledBack);
  ASSERT_TRUE(one->books.Save());
  EXPECT_EQ(StandingIn(*one), LedgerStanding::kRolledBack) << "and stays so";
  EXPECT_EQ(other.Reserve(units).error().check, "tpm.counter");
  std::vector<LicenseView> views(1);
  views[0].verified = license_;
  other.Judge(views);
  EXPECT_EQ(views[0].ledger, LedgerStanding::kRolledBack);
  EXPECT_EQ(StandingIn(*Start()), LedgerStanding::kRolledBack) << "also after a restart";
}

// Whose answer was lost, the increment was our own.
TEST_F(BooksTest, AnAnswerOfTheTpmThatIsLostDisturbsNothing) {
  const auto run = Start();
  for (const auto fault : {PlayedAnchor::Fault::kBefore, PlayedAnchor::Fault::kAfter}) {
    anchor_.fault = fault;
    EXPECT_FALSE(run->books.Save());
    EXPECT_EQ(StandingIn(*run), LedgerStanding::kGood);
    EXPECT_TRUE(run->books.Save());
    EXPECT_EQ(StandingIn(*run), LedgerStanding::kGood);
  }
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

TEST_F(BooksTest, ALedgerWithoutTpmInThePlaceOfItsOwnIsFoundUntilTheLicenseIsActivatedAnew) {
  Start();
  const testing::TempDir elsewhere;
  const StateDirectory plain_state(elsewhere.path());
  OwnedTime time([this] { return wall; }, [this] { return uptime; });
  Books plain(plain_state, anchor_, time);
  for (int i = 0; i < 50; i++) ASSERT_TRUE(plain.Keep(false));  // its stamps are beyond the TPM's counter
  ASSERT_TRUE(state_.WriteLedger(*plain_state.ReadLedger()));
  const auto run = Start();
  EXPECT_EQ(run->books.report().finding, LedgerFinding::kLost);
  EXPECT_EQ(StandingIn(*run), LedgerStanding::kRolledBack);
  license_.terms.ledger = LedgerPin{tpm::kLedgerCounterIndex, static_cast<int64_t>(*anchor_.counter)};
  EXPECT_EQ(StandingIn(*run), LedgerStanding::kGood);
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

const MeterRecord kPages{kId, "pages", MeterPeriod::kMonth, {}, 10};

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
  const MeterRecord next{kId, "pages", MeterPeriod::kMonth, kMidway, 1};
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

TEST_F(BooksTest, AMeterThatIsLongOverMakesRoom) {
  const auto run = Start();
  MeterRecord record = kPages;
  for (size_t i = 0; i < kMaxMeterRecords; i++) {
    record.limit = "pages" + std::to_string(i);
    record.since = i == 7 ? kMidway - Seconds(500 * 86400) : kMidway;
    ASSERT_TRUE(run->books.Reserve(record));
  }
  record.limit = "one-more";
  EXPECT_TRUE(run->books.Reserve(record));
}

TEST_F(BooksTest, ALedgerIsFullAtSomeTime) {
  const auto run = Start();
  MeterRecord record = kPages;
  record.period = MeterPeriod::kNever;
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

constexpr Seconds kYear = std::chrono::hours(24 * 365);

// A floor that is ten years ahead, and the question how to get back.
class TimeAnswerTest : public BooksTest {
 protected:
  void SetUp() override {
    BooksTest::SetUp();
    run_ = Start();
    run_->time.SeeSigned(wall + 10 * kYear);
    auto asked = run_->books.AskTime(true, Sha256Digest{});
    ASSERT_TRUE(asked) << asked.error().message;
    nonce_ = *asked;
  }
  static std::string SetTime(Run& run, const Bytes& nonce, Time told) {
    const Status set = run.books.SetTime(true, Sha256Digest{}, nonce, told, std::nullopt);
    return set ? "" : set.error().check;
  }
  std::unique_ptr<Run> run_;
  Bytes nonce_;
};

TEST_F(TimeAnswerTest, PutsTimeRightOnceAndForGood) {
  EXPECT_EQ(SetTime(*run_, nonce_, wall), "");
  EXPECT_EQ(run_->time.Now(), wall);
  const auto next = Start();
  EXPECT_EQ(next->time.Now(), wall);
  EXPECT_EQ(next->time.Read().clock, ClockState::kGood);
  EXPECT_EQ(SetTime(*next, nonce_, wall - kYear), "time_answer.nonce") << "replayed";
  EXPECT_EQ(SetTime(*run_, nonce_, wall - kYear), "time_answer.nonce");
}

// A vendor of root's own, whatever his name is, could tell any time.
TEST_F(TimeAnswerTest, OfOneRootSetsNothingBackWhereALicenseOfAnotherWasUsed) {
  std::vector<LicenseView> views(1);
  views[0].verified = license_;
  views[0].verified->root = Sha256Digest{7};
  run_->books.See(views);
  ASSERT_TRUE(run_->books.Save());
  EXPECT_EQ(SetTime(*run_, nonce_, wall), "time_answer.vendors");
  EXPECT_EQ(run_->time.Now(), wall + 10 * kYear);
}

TEST_F(TimeAnswerTest, SetsNothingBackWhereTheLedgerForgotWhoseLicensesWereUsed) {
  VerifiedLicense own = license_;
  for (size_t i = 0; i <= kMaxNewestRecords; i++) {
    std::vector<LicenseView> views(1);
    own.root = i == 0 ? Sha256Digest{7} : Sha256Digest{};
    own.terms.license = "own" + std::to_string(i);
    own.not_before += Seconds(1);
    views[0].verified = own;
    run_->books.See(views);
    ASSERT_TRUE(run_->books.Save());
  }
  EXPECT_EQ(SetTime(*run_, nonce_, wall), "time_answer.vendors");
}

TEST_F(TimeAnswerTest, IsAnsweredAlsoAfterARestart) {
  EXPECT_EQ(SetTime(*Start(), nonce_, wall), "");
}

TEST_F(TimeAnswerTest, OnlyTheNewestQuestionIsOpen) {
  const Bytes first = nonce_;
  nonce_ = run_->books.AskTime(true, Sha256Digest{}).value();
  EXPECT_NE(first, nonce_);
  EXPECT_EQ(SetTime(*run_, first, wall), "time_answer.nonce");
  EXPECT_EQ(SetTime(*run_, {}, wall), "time_answer.nonce");
  EXPECT_EQ(run_->time.Now(), wall + 10 * kYear) << "nothing has changed";
  EXPECT_EQ(SetTime(*run_, nonce_, wall), "");
}

TEST_F(TimeAnswerTest, WhatPassesWhileItIsKeptBackIsCounted) {
  const Time told = wall;
  anchor_.clock.clock_ms += 80 * 86'400'000ull;  // powered, without us
  const auto next = Start();
  uptime += kYear;
  EXPECT_EQ(SetTime(*next, nonce_, told), "");
  EXPECT_EQ(next->time.Now(), told + kYear + 70 * std::chrono::hours(24) - std::chrono::hours(24 * 14));
}

TEST_F(TimeAnswerTest, ThatCannotBeCommittedChangesNothingAndIsTakenAgain) {
  anchor_.fault = PlayedAnchor::Fault::kBefore;
  EXPECT_EQ(SetTime(*run_, nonce_, wall), "tpm.command");
  EXPECT_EQ(run_->time.Now(), wall + 10 * kYear);
  EXPECT_EQ(SetTime(*run_, nonce_, wall), "");
  EXPECT_EQ(run_->time.Now(), wall);
}

TEST_F(TimeAnswerTest, WhatWasUsedInAPeriodThatWasTakenBackStaysOnRecord) {
  const MeterRecord ahead{kId, "pages", MeterPeriod::kMonth, wall + 10 * kYear, 10};
  ASSERT_TRUE(run_->books.Reserve(ahead));
  ASSERT_EQ(SetTime(*run_, nonce_, wall), "");
  const MeterRecord now{kId, "pages", MeterPeriod::kMonth, wall, 11};
  ASSERT_TRUE(run_->books.Reserve(now));
  const auto next = Start();
  EXPECT_THAT(*next->books.meters(), ElementsAre(now));
  EXPECT_THAT(next->books.ended(), ElementsAre(ahead));
}

// The file of when the question was open comes back, to have an old answer count a second time.
TEST_F(TimeAnswerTest, NoQuestionComesBackWithAnOlderLedger) {
  const Bytes open = *state_.ReadLedger();
  EXPECT_EQ(SetTime(*run_, nonce_, wall), "");
  ASSERT_TRUE(state_.WriteLedger(open));
  const auto next = Start();
  EXPECT_EQ(StandingIn(*next), LedgerStanding::kRolledBack);
  EXPECT_EQ(SetTime(*next, nonce_, wall), "time_answer.nonce");
}

TEST_F(TimeAnswerTest, NoQuestionIsCarriedOverIntoALedgerThatIsMadeAnew) {
  anchor_.counter.reset();
  const auto next = Start();
  EXPECT_EQ(next->books.report().finding, LedgerFinding::kLost);
  EXPECT_EQ(SetTime(*next, nonce_, wall), "time_answer.nonce");
}

}  // namespace
}  // namespace holdfast
