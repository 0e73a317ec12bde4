// What reports say of each other, case by case; heartbeat_model_test.cc plays thousands of histories.
#include "signer/server/verifier/heartbeat_lineage.h"

#include <gtest/gtest.h>

#include "tests/testing/heartbeat.h"
#include "tests/testing/pki.h"

namespace holdfast {
namespace {

using testing::ReportingHost;

const Time kNow = testing::kPkiNow;

class LineageTest : public ::testing::Test {
 protected:
  // A report that is made, and perhaps never sent.
  PastReport Make(ReportingHost& host) {
    PastReport report{host.Next(), Id(), {}, {}};
    host.Made(report.id);
    return report;
  }
  Lineage Judge(const PastReport& report, Time settled = {}) { return JudgeLineage(past_, report, settled); }
  // As the vendor does who keeps more than it looks at.
  Lineage JudgeByTheNewest(const PastReport& report, size_t count) {
    const size_t older = past_.size() - count;
    std::vector<Sha256Digest> answers;
    for (size_t i = 0; i < older; i++) answers.push_back(past_[i].answer);
    return JudgeLineage(std::span(past_).subspan(older), report, {}, answers);
  }
  // The state directory of a backup, on the same TPM.
  void Restore(ReportingHost& host, const ReportingHost& backup) {
    const int64_t counter = host.ledger.stamp;
    host = backup;
    host.ledger.stamp = host.ledger.disturbed = counter + 1;
  }
  // Another key reports from now on, and none of those of before.
  void ActivateAnew() {
    for (PastReport& each : past_) each.ended = true;
  }
  // Recorded and answered; the answer may get lost.
  PastReport Record(PastReport report) {
    report.answer = Id();
    report.seen = kNow + Seconds(static_cast<int64_t>(past_.size()));
    past_.push_back(report);
    return report;
  }
  // Made, judged without a finding, recorded, and answered.
  void Exchange(ReportingHost& host) {
    const PastReport report = Record(Make(host));
    host.Apply(report.answer, report.report.sequence);
  }
  Sha256Digest Id() { return Sha256(Bytes{static_cast<uint8_t>(++ids_), static_cast<uint8_t>(ids_ >> 8)}); }

  std::vector<PastReport> past_;
  int ids_ = 0;
};

bool Nothing(const Lineage& l) {
  return !l.repeated && !l.fork && !l.set_back && l.unseen.empty() && !l.late && !l.reset && !l.restored &&
         !l.unknown_answer && !l.disturbed && l.shrunk.empty() && l.forgotten.empty();
}

ReportedUsage Used(int64_t units, int64_t since = 0) {
  return {"renders", MeterPeriod::kMonth, Time(Seconds(since)), units};
}

TEST_F(LineageTest, OfAnHonestHostNothingIsFound) {
  ReportingHost host;
  for (int i = 0; i < 5; i++) {
    const PastReport report = Make(host);
    EXPECT_TRUE(Nothing(Judge(report))) << i;
    host.Apply(Record(report).answer, report.report.sequence);
  }
}

TEST_F(LineageTest, TheSameReportIsRepeated) {
  ReportingHost host;
  Exchange(host);
  Exchange(host);
  EXPECT_EQ(Judge(past_[0]).repeated, 0u);
}

TEST_F(LineageTest, ALostReportIsAGapAndNoFork) {
  ReportingHost host;
  Exchange(host);
  const PastReport lost = Make(host);
  const Lineage lineage = Judge(Make(host));
  EXPECT_EQ(lineage.unseen, std::vector<Sha256Digest>{lost.id});
  EXPECT_FALSE(lineage.fork);
}

TEST_F(LineageTest, ALostAnswerIsNoFork) {
  ReportingHost host;
  Exchange(host);
  Record(Make(host));
  Record(Make(host));
  EXPECT_TRUE(Nothing(Judge(Make(host))));
}

TEST_F(LineageTest, ALateReportIsNamedAndNoFork) {
  ReportingHost host;
  Exchange(host);
  const PastReport late = Make(host);
  Exchange(host);
  Exchange(host);
  const Lineage lineage = Judge(late);
  EXPECT_TRUE(lineage.late);
  EXPECT_FALSE(lineage.fork);
  EXPECT_FALSE(lineage.set_back);
}

TEST_F(LineageTest, AnAnswerThatComesLateLeavesWhatWasMadeSince) {
  ReportingHost host;
  const PastReport first = Record(Make(host));
  const PastReport second = Make(host);
  host.Apply(first.answer, 1);
  const PastReport third = Make(host);
  EXPECT_EQ(third.report.unanswered, std::vector<Sha256Digest>{second.id});
  Record(third);
  EXPECT_FALSE(Judge(second).fork);
}

TEST_F(LineageTest, AWindowThatIsFullExcusesWhatIsBelowIt) {
  ReportingHost host;
  Exchange(host);
  Record(Make(host));  // its answer was lost
  for (size_t i = 0; i < kMaxUnanswered + 3; i++) Make(host);
  EXPECT_FALSE(Judge(Make(host)).fork);
}

TEST_F(LineageTest, AWindowThatIsFullDoesNotExcuseWhoKnowsANewerAnswer) {
  ReportingHost host;
  Exchange(host);
  ReportingHost clone = host;
  Exchange(host);
  Exchange(host);
  for (size_t i = 0; i < kMaxUnanswered + 5; i++) Make(clone);
  EXPECT_EQ(Judge(Make(clone)).fork, 2u);
}

TEST_F(LineageTest, ACloneForksAtItsFirstReport) {
  ReportingHost host;
  Exchange(host);
  Exchange(host);
  ReportingHost clone = host;
  clone.name = "render-02";
  Exchange(host);
  const Lineage lineage = Judge(Make(clone));
  ASSERT_EQ(lineage.fork, 2u);
  EXPECT_EQ(past_[*lineage.fork].report.host.at("hostname"), "render-01");
}

TEST_F(LineageTest, ClonesThatNeverReportedBeforeForkAsWell) {
  ReportingHost host, clone;
  Exchange(host);
  EXPECT_EQ(Judge(Make(clone)).fork, 0u);
}

TEST_F(LineageTest, AStateThatWasSetBackForks) {
  ReportingHost host;
  Exchange(host);
  const ReportingHost snapshot = host;
  Exchange(host);
  host = snapshot;
  EXPECT_EQ(Judge(Make(host)).fork, 1u);
}

TEST_F(LineageTest, AForkIsNewsOncePerReportOfTheOther) {
  ReportingHost host;
  Exchange(host);
  ReportingHost clone = host;
  Exchange(host);   // 1
  Exchange(clone);  // 2, which was told
  const PastReport next = Make(host);
  EXPECT_EQ(Judge(next).fork, 2u) << "the clone has reported since";
  host.Apply(Record(next).answer, next.report.sequence);
  EXPECT_FALSE(Judge(Make(host)).fork) << "it has not reported since";
  EXPECT_EQ(Judge(Make(clone)).fork, 3u);
}

TEST_F(LineageTest, WhatTheVendorLookedIntoIsNoNews) {
  ReportingHost host;
  Exchange(host);
  ReportingHost clone = host;
  Exchange(host);
  const Time settled = past_.back().seen;
  const PastReport report = Make(clone);
  EXPECT_TRUE(Judge(report).fork);
  EXPECT_FALSE(Judge(report, settled).fork);
  Record(report);
  EXPECT_EQ(Judge(Make(host), settled).fork, 2u) << "but the clone has reported after that";
}

TEST_F(LineageTest, ABackupThatIsRestoredAndActivatedAnewIsNoFork) {
  ReportingHost host;
  Exchange(host);
  const ReportingHost backup = host;
  Exchange(host);
  Exchange(host);
  Restore(host, backup);
  EXPECT_EQ(Judge(Make(host)).fork, 2u) << "control: without that it may be a copy";
  Restore(host, backup);
  ActivateAnew();
  const PastReport first = Make(host);
  const Lineage lineage = Judge(first);
  EXPECT_FALSE(lineage.fork);
  EXPECT_FALSE(lineage.set_back);
  EXPECT_TRUE(lineage.restored);
  EXPECT_TRUE(lineage.disturbed);
  host.Apply(Record(first).answer, first.report.sequence);
  EXPECT_TRUE(Nothing(Judge(Make(host)))) << "it is told once";
}

TEST_F(LineageTest, ACopyOfAHostThatWasActivatedAnewForks) {
  ReportingHost host;
  Exchange(host);
  const ReportingHost backup = host;
  Exchange(host);
  Restore(host, backup);
  ActivateAnew();
  Exchange(host);
  ReportingHost clone = host;
  Exchange(host);
  EXPECT_EQ(Judge(Make(clone)).fork, 3u);
}

TEST_F(LineageTest, ANewRequestAloneIsNoRestore) {
  ReportingHost host;
  Exchange(host);
  Exchange(host);
  ActivateAnew();
  EXPECT_TRUE(Nothing(Judge(Make(host))));
}

TEST_F(LineageTest, AReportFromBeforeAllThatAreJudgedIsLateAndNoFork) {
  ReportingHost host;
  Exchange(host);
  const PastReport late = Make(host);
  for (int i = 0; i < 9; i++) Exchange(host);
  EXPECT_FALSE(Judge(late).fork) << "control: so it is beside all";
  const Lineage lineage = JudgeByTheNewest(late, 4);
  EXPECT_TRUE(lineage.late);
  EXPECT_FALSE(lineage.fork);
  EXPECT_FALSE(lineage.unknown_answer);
  Record(late);
  EXPECT_FALSE(JudgeByTheNewest(Make(host), 4).fork) << "nor is it one for those that follow";
}

TEST_F(LineageTest, ACopyFromBeforeAllThatAreJudgedForksAtItsSecondReport) {
  ReportingHost host;
  Exchange(host);
  ReportingHost clone = host;
  for (int i = 0; i < 9; i++) Exchange(host);
  EXPECT_TRUE(JudgeByTheNewest(Make(clone), 4).late);
  Exchange(clone);
  EXPECT_EQ(JudgeByTheNewest(Make(clone), 4).fork, 2u);
}

TEST_F(LineageTest, ALateReportFromBeforeTheCloningHidesNothing) {
  ReportingHost host;
  Exchange(host);
  const PastReport late = Make(host);
  ReportingHost clone = host;
  Exchange(host);
  Record(late);
  EXPECT_EQ(Judge(Make(clone)).fork, 1u);
}

TEST_F(LineageTest, TwoClonesThatTalkAreFoundByTheCounter) {
  ReportingHost host;
  Exchange(host);
  ReportingHost clone = host;
  for (int i = 0; i < 3; i++) Make(host);
  Exchange(host);
  clone.sequence = host.sequence;
  clone.answer = host.answer;
  clone.made = host.made;
  const Lineage lineage = Judge(Make(clone));
  EXPECT_FALSE(lineage.fork);
  EXPECT_EQ(lineage.set_back, 1u);
}

TEST_F(LineageTest, ALedgerMadeAnewIsAResetAndNoFork) {
  ReportingHost host;
  Exchange(host);
  const PastReport lost = Make(host);
  host.ResetLedger(host.ledger.stamp + 1);
  const PastReport first = Make(host);
  const Lineage lineage = Judge(first);
  EXPECT_TRUE(lineage.reset);
  EXPECT_FALSE(lineage.fork);
  host.Apply(Record(first).answer, first.report.sequence);
  EXPECT_TRUE(Nothing(Judge(Make(host)))) << "it is told once";
  EXPECT_FALSE(Judge(lost).fork) << "from before, and late";
  EXPECT_TRUE(Judge(lost).late);
}

TEST_F(LineageTest, AResetBelowWhatTheOtherOneShowedIsAFork) {
  ReportingHost host;
  Exchange(host);
  ReportingHost clone = host;
  for (int i = 0; i < 9; i++) Make(host);
  Exchange(host);
  clone.ResetLedger(clone.ledger.stamp + 1);
  const Lineage lineage = Judge(Make(clone));
  EXPECT_FALSE(lineage.reset);
  EXPECT_EQ(lineage.fork, 1u);
}

TEST_F(LineageTest, ACloneWhoseLedgerWasMadeAnewIsFoundAtTheOthersSecondReport) {
  ReportingHost host;
  Exchange(host);
  ReportingHost clone = host;
  clone.ResetLedger(host.ledger.stamp + 50);
  Exchange(clone);
  EXPECT_TRUE(Judge(Make(host)).late);
  Exchange(host);
  EXPECT_TRUE(Judge(Make(host)).fork);
}

TEST_F(LineageTest, WithoutATpmAFirstReportIsAReset) {
  ReportingHost host;
  host.by_tpm = false;
  Exchange(host);
  const PastReport lost = Make(host);
  host.ResetLedger(1);
  host.ledger.stamp = 100;  // time goes on
  const PastReport first = Make(host);
  EXPECT_TRUE(Judge(first).reset);
  EXPECT_FALSE(Judge(first).fork);
  Record(first);
  EXPECT_FALSE(Judge(lost).fork);
}

TEST_F(LineageTest, WithoutATpmACloneForksAsWell) {
  ReportingHost host;
  host.by_tpm = false;
  Exchange(host);
  ReportingHost clone = host;
  Exchange(host);
  EXPECT_EQ(Judge(Make(clone)).fork, 1u);
}

// After a restore of the store, answers that are out are not on record.
TEST_F(LineageTest, AnAnswerThatIsNotOnRecordIsNamedAndNoFork) {
  ReportingHost host;
  Exchange(host);
  Exchange(host);
  Exchange(host);
  past_.resize(1);
  const Lineage lineage = Judge(Make(host));
  EXPECT_TRUE(lineage.unknown_answer);
  EXPECT_FALSE(lineage.fork);
}

TEST_F(LineageTest, DisturbancesAreNamedWhenTheyGrow) {
  ReportingHost host;
  Exchange(host);
  host.ledger.disturbed = host.ledger.stamp;
  const PastReport report = Make(host);
  EXPECT_TRUE(Judge(report).disturbed);
  Record(report);
  EXPECT_FALSE(Judge(Make(host)).disturbed);
}

TEST_F(LineageTest, UsageThatShrinksIsNamed) {
  ReportingHost host;
  host.usage = {Used(5)};
  Exchange(host);
  host.usage = {Used(4)};
  EXPECT_EQ(Judge(Make(host)).shrunk, std::vector<ReportedUsage>{Used(5)});
  host.usage = {Used(5), Used(1, 86400)};
  EXPECT_TRUE(Judge(Make(host)).shrunk.empty());
}

TEST_F(LineageTest, APeriodIsLeftOutOnlyWhenItWasAcknowledged) {
  ReportingHost host;
  host.usage = {Used(5), Used(3, 86400)};
  const PastReport first = Record(Make(host));
  host.usage = {Used(3, 86400)};
  EXPECT_EQ(Judge(Make(host)).forgotten, std::vector<ReportedUsage>{Used(5)});
  host.Apply(first.answer, first.report.sequence);
  EXPECT_TRUE(Judge(Make(host)).forgotten.empty());
}

}  // namespace
}  // namespace holdfast
