// Histories by chance: hosts that report, files that get lost or come late, ledgers that are made anew, backups that are restored and activated anew,
// states that are copied, vendors that look at the newest reports only. One honest host is never taken for two; a copy is found at the latest when both have reported since.
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "signer/server/verifier/heartbeat_lineage.h"
#include "tests/testing/heartbeat.h"
#include "tests/testing/pki.h"

namespace holdfast {
namespace {

using testing::ReportingHost;

struct World {
  explicit World(unsigned seed) : random(seed) {}
  bool Chance(int of_hundred) { return static_cast<int>(random() % 100) < of_hundred; }
  Sha256Digest Id() {
    Bytes octets(8);
    for (int i = 0; i < 8; i++) octets[static_cast<size_t>(i)] = static_cast<uint8_t>(++ids >> 8 * i);
    return Sha256(octets);
  }
  PastReport Make(ReportingHost& host) {
    // Other commits of the ledger come between.
    host.ledger.stamp += static_cast<int64_t>(random() % 3);
    PastReport report{host.Next(), Id(), {}, {}};
    host.Made(report.id);
    return report;
  }
  // The vendor's answer; none to a report that is on record, whose answer is given again.
  PastReport Arrive(const PastReport& report, Lineage& lineage) {
    now += Seconds(1);
    for (const PastReport& known : past)
      if (known.id == report.id) return known;
    const size_t older = past.size() - std::min(past.size(), judged);
    std::vector<Sha256Digest> answers;
    for (size_t i = 0; i < older; i++) answers.push_back(past[i].answer);
    lineage = JudgeLineage(std::span(past).subspan(older), report, {}, answers);
    past.push_back(report);
    past.back().answer = Id();
    past.back().seen = now;
    return past.back();
  }

  std::mt19937 random;
  uint64_t ids = 0;
  size_t judged = kJudgedReports;
  Time now = testing::kPkiNow;
  std::vector<PastReport> past;
};

// The state directory of a backup, and a new request: the older key reports no more, and answers for it are refused.
void RestoreAndActivateAnew(World& world, ReportingHost& host, const ReportingHost& backup) {
  const int64_t counter = host.ledger.stamp;
  host = backup;
  host.ledger.stamp = host.ledger.disturbed = counter + 1;
  for (PastReport& each : world.past) each.ended = true;
}

void PlayOneHost(unsigned seed, bool by_tpm, size_t judged = kJudgedReports) {
  World world(seed);
  world.judged = judged;
  ReportingHost host;
  host.by_tpm = by_tpm;
  ReportingHost backup = host;
  std::deque<PastReport> on_the_way, answers;
  int64_t life = 0;
  for (int step = 0; step < 120; step++) {
    if (world.Chance(60)) on_the_way.push_back(world.Make(host));
    // Reports arrive in any order, some twice, some never.
    if (!on_the_way.empty() && world.Chance(70)) {
      const size_t at = world.Chance(70) ? 0 : world.random() % on_the_way.size();
      const PastReport report = on_the_way[at];
      if (world.Chance(90)) on_the_way.erase(on_the_way.begin() + static_cast<std::ptrdiff_t>(at));
      if (world.Chance(80)) {
        Lineage lineage;
        answers.push_back(world.Arrive(report, lineage));
        ASSERT_FALSE(lineage.fork) << "seed " << seed << ", step " << step;
        ASSERT_FALSE(lineage.set_back) << "seed " << seed << ", step " << step;
        ASSERT_FALSE(lineage.unknown_answer) << "seed " << seed << ", step " << step;
      }
    }
    if (!answers.empty() && world.Chance(60)) {
      const size_t at = world.Chance(70) ? 0 : world.random() % answers.size();
      const PastReport answered = answers[at];
      answers.erase(answers.begin() + static_cast<std::ptrdiff_t>(at));
      // An answer to a ledger that is gone is refused on the host, which knows no such report.
      const bool of_this_life = answered.report.ledger.birth == host.ledger.birth;
      if (of_this_life && world.Chance(80)) host.Apply(answered.answer, answered.report.sequence);
    }
    if (world.Chance(2)) {
      life = host.ledger.stamp + 1 + static_cast<int64_t>(world.random() % 5);
      host.ResetLedger(life);
    }
    if (world.Chance(5)) backup = host;
    if (world.Chance(2)) {
      RestoreAndActivateAnew(world, host, backup);
      on_the_way.clear();
      answers.clear();
    }
  }
}

TEST(HeartbeatModelTest, AnHonestHostIsNeverTakenForTwo) {
  for (unsigned seed = 0; seed < 600; seed++) PlayOneHost(seed, true);
}

TEST(HeartbeatModelTest, NorIsOneWithoutATpm) {
  for (unsigned seed = 0; seed < 600; seed++) PlayOneHost(seed, false);
}

TEST(HeartbeatModelTest, NorIsOneOfWhomTheNewestReportsAloneAreJudged) {
  for (const bool by_tpm : {true, false})
    for (unsigned seed = 0; seed < 600; seed++) PlayOneHost(seed, by_tpm, 1 + seed % 24);
}

// A report on its way to the vendor and back, unless it gets lost. Returns whether it was recorded.
bool Exchange(World& world, ReportingHost& host, Lineage& lineage) {
  const PastReport report = world.Make(host);
  if (world.Chance(25)) return false;
  const PastReport answered = world.Arrive(report, lineage);
  if (world.Chance(75)) host.Apply(answered.answer, answered.report.sequence);
  return true;
}

void PlayClones(unsigned seed, bool by_tpm) {
  World world(seed);
  ReportingHost host;
  host.by_tpm = by_tpm;
  Lineage lineage;
  // Without a TPM, copies of a state that has made no report are two new hosts to everybody.
  const size_t before = world.random() % 6 + (by_tpm ? 0 : 1);
  for (size_t i = 0; i < before; i++) Exchange(world, host, lineage);
  ReportingHost hosts[2] = {host, host};
  bool reported[2] = {false, false};
  // Longer silence than the window is told by nothing but a newer answer.
  for (size_t i = 0; i < kMaxUnanswered - 2; i++) {
    const size_t who = world.random() % 2;
    Lineage found;
    if (!Exchange(world, hosts[who], found)) continue;
    const bool other = reported[1 - who];
    ASSERT_EQ(found.fork.has_value(), other) << "seed " << seed << ", step " << i;
    if (other) return;
    reported[who] = true;
  }
}

TEST(HeartbeatModelTest, ACloneIsFoundWhenBothHaveReported) {
  for (unsigned seed = 0; seed < 3000; seed++) PlayClones(seed, true);
}

TEST(HeartbeatModelTest, WithoutATpmAsWell) {
  for (unsigned seed = 0; seed < 3000; seed++) PlayClones(seed, false);
}

}  // namespace
}  // namespace holdfast
