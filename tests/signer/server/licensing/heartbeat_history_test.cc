// A host that has reported very often: what one more report costs has a bound.
#include "signer/server/licensing/reporter.h"
#include "tests/signer/server/licensing/heartbeat_fixture.h"

namespace holdfast {
namespace {

class HeartbeatHistory : public HeartbeatTest {
 protected:
  SignedHeartbeatReport Next(testing::ReportingHost& host) {
    Heartbeat heartbeat = BuildHeartbeat(tpm_, Installed(), host.Next());
    host.Made(heartbeat.report.id);
    return std::move(heartbeat.report);
  }
  // As it is on record once it was answered; the host applies the answer.
  HeartbeatRecord Answered(testing::ReportingHost& host) {
    const SignedHeartbeatReport report = Next(host);
    const Sha256Digest answer = Sha256(AsBytes(report.compact));
    host.Apply(answer, report.report.sequence);
    return {.license = license_,
            .ek_name = activation_.ek_name,
            .activation = activation_.id,
            .report_id = ToBytes(ByteView(report.id)),
            .report = report.compact,
            .report_sequence = report.report.sequence,
            .counter = static_cast<uint64_t>(report.report.ledger.stamp),
            .birth = report.report.ledger.birth,
            .answer_id = ToBytes(ByteView(answer)),
            .answer = {},
            .host = host.name,
            .notes = {},
            .seen = now_};
  }
};

TEST_F(HeartbeatHistory, OnlyTheNewestReportsAreJudged) {
  Reporter reporter{.license = *store_->GetLicense(license_), .of_key = {activation_}};
  reporter.past.push_back(Answered(host_));
  testing::ReportingHost copy = host_;
  for (size_t i = 0; i <= kJudgedReports; i++) reporter.past.push_back(Answered(host_));
  EXPECT_TRUE(NotesOf(*LineageOf(reporter, Next(host_), now_)).empty());

  const auto first = LineageOf(reporter, Next(copy), now_);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_TRUE(first->late);
  EXPECT_FALSE(first->fork) << "it may be from before all that are looked at";
  reporter.past.push_back(Answered(copy));
  const auto second = LineageOf(reporter, Next(copy), now_);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->fork, reporter.past.size() - 2) << "the newest of the other half";
}

}  // namespace
}  // namespace holdfast
