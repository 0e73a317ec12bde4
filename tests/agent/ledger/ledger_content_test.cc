// What the ledger says, in its form of today and of before roots were recorded.
#include "agent/ledger/ledger_content.h"

#include <gmock/gmock.h>

#include "agent/ledger/conversation.h"
#include "agent/ledger/vouchers.h"
#include "tests/agent/enforcement/views.h"

namespace holdfast {
namespace {

using ::testing::SizeIs;

const LicenseId kGenuine{Sha256Digest{1}, "editor", "L-0001"}, kOwn{Sha256Digest{9}, "editor", "L-0001"};

const std::string kHead =
    R"({"schema":"1.0","birth":17,"stamp":42,"disturbed":0,"time":{"floor":"2026-11-28T06:00:00Z",)"
    R"("signed_until":"2026-11-27T06:00:00Z","headroom":"1d","passed":1},)";

// Of a host that was in use before the change.
const std::string kOfBefore =
    kHead +
    R"("meters":[{"product":"editor","license":"L-0001","limit":"renders","period":"never","since":"1970-01-01T00:00:00Z","units":120}],)"
    R"("heartbeats":[{"vendor":"Acme","product":"editor","license":"L-0001","sequence":3,"unanswered":[],"contact":"2026-11-20T06:00:00Z"}],)"
    R"("vouchers":[{"vendor":"Acme","product":"editor","license":"L-0001","used":1,"from":"2026-11-01T00:00:00Z","until":"2026-11-04T00:00:00Z","passed":0}],)"
    R"("repairs":[{"vendor":"Acme","product":"editor","license":"L-0001","serial":"0a","from":"2026-11-01T00:00:00Z","until":"2026-11-08T00:00:00Z","passed":0}],)"
    R"("newest":[{"vendor":"Acme","product":"editor","license":"L-0001","begins":"2026-11-01T00:00:00Z","list":7}]})";

LedgerContent OfBefore() {
  auto content = ParseLedgerContent(kOfBefore);
  if (!content) throw std::runtime_error(content.error().check + ": " + content.error().message);
  return std::move(*content);
}

TEST(LedgerOfBefore, IsWrittenAndReadAgainAsItIs) {
  const std::string text = FormatLedgerContent(OfBefore());
  const auto again = ParseLedgerContent(text);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(FormatLedgerContent(*again), text);
}

// An honest host loses nothing: neither contact nor units nor what was used up.
TEST(LedgerOfBefore, IsTheLicensesThatBearsItsName) {
  const LedgerContent content = OfBefore();
  EXPECT_EQ(ConversationOf(content, kGenuine).sequence, 3);
  EXPECT_EQ(VouchersOf(content, kGenuine).used, 1);
  EXPECT_THAT(UsageOf(content, kGenuine, {}), SizeIs(1));
}

TEST(LedgerOfBefore, IsItsOwnFromTheFirstCommitOn) {
  LedgerContent content = OfBefore();
  TakeOver(content, kGenuine);
  TakeOver(content, kOwn);
  EXPECT_EQ(VouchersOf(content, kGenuine).used, 1);
  EXPECT_EQ(ConversationOf(content, kGenuine).sequence, 3);
  EXPECT_EQ(VouchersOf(content, kOwn).used, 0) << "another root's license of the same name";
  EXPECT_EQ(ConversationOf(content, kOwn).sequence, 0);
  EXPECT_THAT(UsageOf(content, kOwn, {}), SizeIs(0));
  EXPECT_EQ(content.newest[0].id, kGenuine);
  EXPECT_EQ(content.repairs[0].id, kGenuine);
  EXPECT_EQ(FormatLedgerContent(content).find("vendor"), std::string::npos);
}

// Before the change a root of the customer's own could tell any time.
TEST(LedgerOfBefore, KnowsOfNoContactInTheFuture) {
  std::string text = kOfBefore;
  text.replace(text.find("2026-11-20T06"), 13, "2099-11-20T06");
  const auto content = ParseLedgerContent(text);
  ASSERT_TRUE(content);
  EXPECT_EQ(ConversationOf(*content, kGenuine).contact, content->time.floor);
}

// Time may have been put right since, and a ledger without a TPM is written with any editor before it goes on with one.
TEST(LedgerContent, KnowsOfNoContactThatIsLaterThanTheFloor) {
  const auto contact = [](const std::string& when) {
    const auto content = ParseLedgerContent(
        kHead + R"("heartbeats":[{"root":")" + HexEncode(*kGenuine.root) +
        R"(","product":"editor","license":"L-0001","sequence":3,"unanswered":[],"contact":")" + when +
        R"("}]})");
    return content ? ConversationOf(*content, kGenuine).contact : std::nullopt;
  };
  EXPECT_EQ(contact("2099-11-20T06:00:00Z"), ParseTime("2026-11-28T06:00:00Z").value());
  EXPECT_EQ(contact("2026-11-20T06:00:00Z"), ParseTime("2026-11-20T06:00:00Z").value());
}

TEST(LedgerContent, IsBegunOrHasAStampAndNotHalf) {
  const auto check = [](const std::string& birth, const std::string& stamp) {
    std::string text = kHead + R"("newest":[]})";
    text.replace(text.find("17"), 2, birth);
    text.replace(text.find("42"), 2, stamp);
    const auto content = ParseLedgerContent(text);
    return content ? "" : content.error().check;
  };
  EXPECT_EQ(check("17", "42"), "");
  EXPECT_EQ(check("0", "0"), "");
  EXPECT_EQ(check("0", "42"), "ledger.birth");
  EXPECT_EQ(check("17", "0"), "ledger.birth");
}

std::string CheckOf(const std::string& newest) {
  const auto content = ParseLedgerContent(kHead + R"("newest":[)" + newest + "]}");
  return content ? "" : content.error().check;
}

TEST(LedgerContent, ARootIsADigestAndStandsInThePlaceOfAName) {
  const std::string rest = R"("product":"editor","license":"L","begins":"2026-11-01T00:00:00Z","list":7})";
  const std::string root(64, 'a');
  EXPECT_EQ(CheckOf("{\"root\":\"" + root + "\"," + rest), "");
  EXPECT_EQ(CheckOf("{\"root\":\"" + root.substr(1) + "\"," + rest), "ledger.newest.root");
  EXPECT_EQ(CheckOf("{\"root\":\"" + std::string(64, 'A') + "\"," + rest), "ledger.newest.root");
  EXPECT_NE(CheckOf("{\"root\":\"" + root + "\",\"vendor\":\"Acme\"," + rest), "");
  EXPECT_NE(CheckOf("{\"roots\":\"" + root + "\"," + rest), "");
}

}  // namespace
}  // namespace holdfast
