// A license that ends while a report of its host is being answered: no certificate is issued for what has ended, so that its place stays free.
#include <functional>

#include "tests/signer/server/licensing/faults.h"
#include "tests/signer/server/licensing/heartbeat_fixture.h"

namespace holdfast {
namespace {

// Another process has its turn before one of the calls, once.
class InterruptedStore : public testing::FaultyStore {
 public:
  using FaultyStore::FaultyStore;
  Result<ActivationRecord> ReserveActivation(const Change& change,
                                             const ActivationProposal& proposal) override {
    Interrupt(before_reserve);
    return FaultyStore::ReserveActivation(change, proposal);
  }
  Result<ActivationRecord> RecordIssued(const Change& change, const std::string& id,
                                        const Bytes& der) override {
    Interrupt(before_issue);
    return FaultyStore::RecordIssued(change, id, der);
  }
  std::function<void()> before_reserve, before_issue;

 private:
  static void Interrupt(std::function<void()>& other) {
    if (const auto now = std::exchange(other, nullptr)) now();
  }
};

class HeartbeatRace : public HeartbeatTest {
 protected:
  // Of a report that would bring a renewal.
  std::string CheckWith(const std::function<void()>& other, bool before_issue) {
    SellWith("warn");
    EXPECT_TRUE(Renew(90 * kDay));
    const std::string report = Report();
    testing::FaultPoints none;
    InterruptedStore store(*store_, none);
    (before_issue ? store.before_issue : store.before_reserve) = other;
    Licensing licensing(store, signer_, settings_, Now());
    const auto answered = licensing.AnswerHeartbeat("test", report, {});
    EXPECT_TRUE(answered || ReportCheck(report) == answered.error().check) << "and the same later";
    return answered ? "" : answered.error().check;
  }
};

TEST_F(HeartbeatRace, AReturnThatOvertakesARenewalKeepsThePlaceFree) {
  for (const bool before_issue : {false, true}) {
    EXPECT_EQ(CheckWith([&] { ASSERT_TRUE(Accept(Proof())); }, before_issue), "heartbeat.returned");
    EXPECT_EQ(ActivationsUsed(), 0);
    SoftwareTpm other = SiblingOf(tpm_);
    EXPECT_TRUE(Answer(RequestFor(other, *key_)));
  }
}

TEST_F(HeartbeatRace, AReleaseThatOvertakesARenewalKeepsThePlaceFree) {
  const auto release = [&] {
    ASSERT_TRUE(store_->ReleaseActivation({now_, "test"}, license_, activation_.id));
  };
  for (const bool before_issue : {false, true}) {
    EXPECT_EQ(CheckWith(release, before_issue), "heartbeat.released");
    EXPECT_EQ(ActivationsUsed(), 0);
  }
}

TEST_F(HeartbeatRace, ARenewalThatOvertakesAnotherIsTheOnlyOne) {
  const auto other = [&] { ASSERT_TRUE(HeartbeatTest::Report(HeartbeatTest::Report())); };
  EXPECT_EQ(CheckWith(other, false), "");
  EXPECT_EQ(ActivationsUsed(), 1);
  EXPECT_EQ(store_->ListActivations(license_)->size(), 2u) << "and one renewal";
}

}  // namespace
}  // namespace holdfast
