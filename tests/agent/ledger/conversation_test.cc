// What the ledger remembers of the heartbeats of a license.
#include "agent/ledger/conversation.h"

#include <gmock/gmock.h>

#include "agent/ledger/vouchers.h"
#include "tests/agent/enforcement/views.h"

namespace holdfast {
namespace {

using ::testing::ElementsAre, ::testing::IsEmpty;

const Sha256Digest kRoot{1}, kOwnRoot{2};
const LicenseId kLicense{kRoot, "nls", "L-1"}, kOther{kRoot, "viewer", "L-2"};

Sha256Digest Id(uint8_t number) {
  Sha256Digest id{};
  id[0] = number;
  return id;
}

MeterRecord Month(int month, int64_t units) {
  const Time since = std::chrono::sys_days(std::chrono::year(2025) / month / 1);  // kMidway is in June
  return {kLicense, "renders", MeterPeriod::kMonth, since, units};
}

ReportedUsage Told(const MeterRecord& meter) {
  return {meter.limit, meter.period, meter.since, meter.units};
}

class ConversationTest : public ::testing::Test {
 protected:
  void Report(uint8_t number) { NoteReport(content_, kLicense, Id(number)); }
  std::string Answer(uint8_t to) {
    const Status noted =
        NoteAnswer(content_, kLicense, {Id(to), Id(static_cast<uint8_t>(to + 100)), kMidway});
    return noted ? "" : noted.error().check;
  }
  ConversationRecord Record() const { return ConversationOf(content_, kLicense); }
  std::vector<ReportedUsage> Usage() const { return UsageOf(content_, kLicense, {}); }
  LedgerContent content_;
};

TEST_F(ConversationTest, ReportsAreCountedUntilTheyAreAnswered) {
  EXPECT_EQ(Record().sequence, 0);
  Report(1);
  Report(2);
  EXPECT_EQ(Record().sequence, 2);
  EXPECT_THAT(Record().unanswered, ElementsAre(Id(1), Id(2)));
  EXPECT_EQ(Answer(2), "");
  EXPECT_EQ(Record().answer, Id(102));
  EXPECT_EQ(Record().contact, kMidway);
  EXPECT_THAT(Record().unanswered, IsEmpty());
  Report(3);
  EXPECT_EQ(Record().sequence, 3);
}

TEST_F(ConversationTest, AnAnswerToAnEarlierReportLeavesTheLaterOnesOpen) {
  Report(1);
  Report(2);
  Report(3);
  EXPECT_EQ(Answer(2), "");
  EXPECT_THAT(Record().unanswered, ElementsAre(Id(3)));
  EXPECT_EQ(Answer(1), "heartbeat_answer.report") << "older than what was applied";
  EXPECT_EQ(Answer(2), "heartbeat_answer.report") << "replayed";
  EXPECT_EQ(Answer(9), "heartbeat_answer.report") << "never made here";
  EXPECT_EQ(Record().answer, Id(102));
}

TEST_F(ConversationTest, TheOldestOfManyUnansweredReportsIsForgotten) {
  for (uint8_t number = 1; number <= kMaxUnanswered + 1; number++) Report(number);
  EXPECT_EQ(Record().unanswered.size(), kMaxUnanswered);
  EXPECT_EQ(Answer(1), "heartbeat_answer.report");
  EXPECT_EQ(Answer(2), "");
}

TEST_F(ConversationTest, APeriodThatIsOverIsToldUntilTheVendorHasIt) {
  KeepPast(content_, Month(1, 10));
  content_.meters = {Month(2, 3)};
  EXPECT_THAT(Usage(), ElementsAre(Told(Month(1, 10)), Told(Month(2, 3))));
  Report(1);
  KeepPast(content_, Month(2, 4));
  content_.meters = {Month(3, 1)};
  Report(2);
  EXPECT_EQ(Answer(1), "");
  EXPECT_THAT(Usage(), ElementsAre(Told(Month(2, 4)), Told(Month(3, 1))))
      << "report 1 did not tell all of February";
  EXPECT_EQ(Answer(2), "");
  EXPECT_THAT(Usage(), ElementsAre(Told(Month(3, 1))));
}

TEST_F(ConversationTest, APeriodThatNoReportToldIsNotAcknowledged) {
  Report(1);
  KeepPast(content_, Month(1, 10));
  EXPECT_EQ(Answer(1), "");
  EXPECT_THAT(Usage(), ElementsAre(Told(Month(1, 10))));
}

TEST_F(ConversationTest, WhatIsInABatchIsNotUsedUp) {
  content_.meters = {Month(2, 64)};
  EXPECT_THAT(UsageOf(content_, kLicense, {Month(2, 3)}), ElementsAre(Told(Month(2, 3))));
  EXPECT_THAT(UsageOf(content_, kLicense, {Month(1, 3)}), ElementsAre(Told(Month(2, 64))))
      << "of another period";
}

TEST_F(ConversationTest, LicensesAreToldApart) {
  KeepPast(content_, Month(1, 10));
  Report(1);
  EXPECT_THAT(UsageOf(content_, kOther, {}), IsEmpty());
  EXPECT_EQ(ConversationOf(content_, kOther).sequence, 0);
  EXPECT_EQ(CheckWaitsFor(content_, kOther, Id(1)).error().check, "heartbeat_answer.report");
  NoteReport(content_, kOther, Id(7));
  EXPECT_EQ(Answer(1), "");
  EXPECT_THAT(ConversationOf(content_, kOther).unanswered, ElementsAre(Id(7)));
}

TEST_F(ConversationTest, WhatIsKeptIsBounded) {
  for (size_t i = 0; i < kMaxPastUsage + 1; i++) {
    MeterRecord ended = Month(1, 5);
    ended.limit = "meter-" + std::to_string(i);
    KeepPast(content_, ended);
  }
  EXPECT_EQ(content_.past.size(), kMaxPastUsage);
  EXPECT_EQ(content_.past.front().meter.limit, "meter-1") << "the oldest gives way";
  EXPECT_EQ(content_.past.back().meter.limit, "meter-" + std::to_string(kMaxPastUsage));
  for (size_t i = 0; i <= kMaxConversations; i++)
    NoteReport(content_, {kRoot, "p" + std::to_string(i), "L"}, Id(1));
  EXPECT_EQ(content_.heartbeats.size(), kMaxConversations);
  EXPECT_EQ(content_.heartbeats.front().id.product, "p1");
}

TEST_F(ConversationTest, OfManyTheOneThatIsSilentForLongestIsForgotten) {
  const auto license = [](size_t i) { return LicenseId{kRoot, "p" + std::to_string(i), "L"}; };
  for (size_t i = 0; i < kMaxConversations; i++) NoteReport(content_, license(i), Id(1));
  NoteReport(content_, license(0), Id(2));
  NoteReport(content_, license(kMaxConversations), Id(1));
  EXPECT_EQ(ConversationOf(content_, license(0)).sequence, 2) << "it reports still";
  EXPECT_EQ(ConversationOf(content_, license(1)).sequence, 0);
  EXPECT_EQ(content_.heartbeats.size(), kMaxConversations);
}

// Licenses that root of the host issues himself would push out what the vendor does not know yet, and with whom it was spoken.
TEST_F(ConversationTest, LicensesOfAnotherRootPushOutEachOther) {
  for (int month = 1; month <= 6; month++) KeepPast(content_, Month(month, 5));
  Report(1);
  for (size_t i = 0; i < 3 * kMaxPastUsage; i++) {
    const LicenseId own{kOwnRoot, "own", std::to_string(i)};
    KeepPast(content_, {own, "renders", MeterPeriod::kMonth, kMidway, 1});
    NoteReport(content_, own, Id(1));
  }
  EXPECT_EQ(content_.past.size(), kMaxPastUsage);
  EXPECT_EQ(content_.heartbeats.size(), kMaxConversations);
  EXPECT_EQ(Usage().size(), 6U);
  EXPECT_EQ(Record().sequence, 1);
  EXPECT_THAT(ConversationOf(content_, {kOwnRoot, "own", "0"}).unanswered, IsEmpty()) << "control";
}

// Each root would have to have as many as the others.
TEST_F(ConversationTest, LicensesOfAnotherRootLeaveALicenseItsShare) {
  for (size_t i = 0; i < kMaxPastUsage; i++) {
    MeterRecord ended = Month(1, 5);
    ended.limit = "meter-" + std::to_string(i);
    KeepPast(content_, ended);
  }
  for (size_t i = 0; i < 3 * kMaxPastUsage; i++)
    KeepPast(content_, {{kOwnRoot, "own", std::to_string(i)}, "renders", MeterPeriod::kMonth, kMidway, 1});
  EXPECT_EQ(Usage().size(), kMaxPastUsage / 2);
}

// A vendor's answer took time back into a month that was over already.
TEST_F(ConversationTest, NoPeriodIsToldTwice) {
  KeepPast(content_, Month(1, 10));
  Report(1);
  content_.meters = {Month(1, 13)};  // it goes on with what was used in it
  EXPECT_THAT(Usage(), ElementsAre(Told(Month(1, 13))));
  KeepPast(content_, Month(1, 13));
  content_.meters = {Month(2, 1)};
  EXPECT_THAT(Usage(), ElementsAre(Told(Month(1, 13)), Told(Month(2, 1))));
  EXPECT_EQ(Answer(1), "");
  EXPECT_THAT(Usage(), ElementsAre(Told(Month(1, 13)), Told(Month(2, 1)))) << "what came since was not told";
}

// Else it would begin with nothing used when time is taken back.
TEST_F(ConversationTest, APeriodThatIsNotOverByTheVendorsTimeStaysOnRecord) {
  for (const int month : {5, 6, 7}) KeepPast(content_, Month(month, 10));
  Report(1);
  EXPECT_EQ(Answer(1), "");
  EXPECT_THAT(Usage(), ElementsAre(Told(Month(6, 10)), Told(Month(7, 10))));
}

TEST_F(ConversationTest, APeriodThatEndsAgainWithoutAUnitMoreIsNoNews) {
  KeepPast(content_, Month(1, 10));
  Report(1);
  KeepPast(content_, Month(1, 10));
  EXPECT_EQ(Answer(1), "");
  EXPECT_THAT(Usage(), IsEmpty());
}

// Root of the host pins a root of his own, with the vendor's name, and issues himself a license with the genuine one's number.
TEST_F(ConversationTest, AnotherRootsLicenseOfTheSameNameIsAnother) {
  const LicenseId own{kOwnRoot, "nls", "L-1"};
  KeepPast(content_, Month(1, 10));
  Report(1);
  EXPECT_EQ(ConversationOf(content_, own).sequence, 0);
  EXPECT_THAT(UsageOf(content_, own, {}), IsEmpty());
  NoteReport(content_, own, Id(7));
  ASSERT_TRUE(NoteAnswer(content_, own, {Id(7), Id(107), kMidway + Seconds(1)}));
  EXPECT_THAT(Usage(), ElementsAre(Told(Month(1, 10)))) << "nothing is acknowledged away";
  EXPECT_FALSE(Record().contact);
}

TEST_F(ConversationTest, TheFullestLedgerFitsItsFile) {
  const std::string longest(64, 'x');
  for (size_t i = 0; i < kMaxMeterRecords; i++) {
    MeterRecord meter = Month(1, INT64_MAX);
    meter.id.product = meter.limit = longest;
    meter.id.license = longest.substr(0, 60) + std::to_string(1000 + i);
    content_.meters.push_back(meter);
    KeepPast(content_, meter);
  }
  for (size_t i = 0; i < kMaxConversations; i++) {
    const LicenseId id{kRoot, longest, longest.substr(0, 60) + std::to_string(1000 + i)};
    for (uint8_t n = 0; n < kMaxUnanswered; n++) NoteReport(content_, id, Id(n));
  }
  static_assert(kMaxVoucherRecords == kMaxRepairRecords);
  for (size_t i = 0; i < kMaxVoucherRecords; i++) {
    const LicenseId id{kRoot, longest, longest.substr(0, 60) + std::to_string(1000 + i)};
    ASSERT_TRUE(UseVoucher(content_, id, Vouchers{1, Seconds(60)}, {kMidway, kMidway, kMidway}));
    content_.repairs.push_back({id, Bytes(20, 7), {kMidway, kMidway, Seconds(INT32_MAX)}});
  }
  for (size_t i = 0; i < kMaxNewestRecords; i++)
    content_.newest.push_back(
        {{kRoot, longest, longest.substr(0, 60) + std::to_string(1000 + i)}, kMidway, INT64_MAX});
  content_.forgotten = kMidway;
  const auto fill = [&](std::vector<ConversationRecord>& all) {
    for (ConversationRecord& record : all) record.answer = Id(1), record.contact = kMidway;
  };
  fill(content_.heartbeats);
  content_.birth = content_.stamp = INT64_MAX;
  content_.time.floor = kMidway;  // no contact is believed that is later
  const std::string text = FormatLedgerContent(content_);
  EXPECT_LT(text.size(), kMaxLedgerContentSize);
  const auto read = ParseLedgerContent(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(FormatLedgerContent(*read), text);
}

}  // namespace
}  // namespace holdfast
