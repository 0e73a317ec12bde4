// Time by file: a (software) TPM, the agent's code, and a vendor whose answers are genuine or not.
#include "agent/time_exchange.h"

#include <gtest/gtest.h>

#include "agent/licenses.h"
#include "agent/time/repaired_time.h"
#include "protocol/armor.h"
#include "protocol/return_nonce.h"
#include "protocol/time_answer.h"
#include "tests/activation/test_vendor.h"
#include "tests/testing/swtpm.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {
namespace {

using testing::TestVendor;

constexpr Seconds kDay = std::chrono::hours(24);

class TimeExchangeTest : public ::testing::Test {
 protected:
  // One run of the agent.
  struct Run {
    OwnedTime time;
    Books books;
    explicit Run(TimeExchangeTest& test)
        : time([&test] { return test.wall; }, [&test] { return test.uptime; }),
          books(test.state, *test.tpm, time) {}
    TimeKeeper keeper() { return {time, books}; }
  };

  void SetUp() override {
    auto request = MakeRequest(
        vendor.NewProductKey(), {.agent_version = "1"}, {*tpm}, state,
        [this] { return run->books.Counter(); }, Now());
    ASSERT_TRUE(request) << request.error().message;
    auto installed = InstallFile(vendor.Answer(request->file));
    ASSERT_TRUE(installed) << installed.error().message;
    run->time.SeeSigned(wall + 400 * kDay);  // of a list that is not in force any more
  }
  Clock Now() {
    return [this] { return wall; };
  }
  Result<InstallOutcome> InstallFile(const std::string& file) {
    return Install(file, {*tpm}, state, vendor.pki.Anchors(), Now());
  }
  LicenseMessage Ask() {
    auto asked = AskForTime("", *tpm, state, vendor.pki.Anchors(), run->keeper());
    EXPECT_TRUE(asked) << asked.error().check << ": " << asked.error().message;
    return ReadMessageFile(kTimeRequest, asked->file).value();
  }
  // What a vendor makes of it.
  LicenseMessage Answer(LicenseMessage request) const {
    request.time = wall;
    return request;
  }
  std::string Say(const LicenseMessage& answer) const {
    return TestVendor::Say(kTimeAnswer, answer, vendor.pki);
  }
  std::string InstallCheck(const std::string& file) {
    auto outcome = InstallTimeAnswer(file, *tpm, state, vendor.pki.Anchors(), run->keeper());
    return outcome ? "" : outcome.error().check;
  }
  std::string List(int64_t number, Time date) const {
    CrlFields fields = vendor.pki.ShardCrlFields();
    fields.number = number;
    fields.this_update = date;
    fields.next_update = date + 30 * kDay;
    return Armor(kLabelCrl, vendor.pki.IssueCrl(fields).der());
  }

  TestVendor vendor;
  testing::TempDir home;
  std::unique_ptr<testing::SwTpm> swtpm = testing::SwTpm::Start(home.path() / "tpm");
  StateDirectory state{home.path() / "state"};
  FileLock lock = *state.Lock();
  std::unique_ptr<Tpm> tpm = *Tpm::Open(swtpm->tcti());
  Time wall = testing::kPkiNow;
  Milliseconds uptime{1000};
  std::unique_ptr<Run> run = std::make_unique<Run>(*this);
};

TEST_F(TimeExchangeTest, PutsTimeRightOnce) {
  const LicenseMessage request = Ask();
  EXPECT_EQ(request.time, wall + 400 * kDay) << "what is believed";
  EXPECT_EQ(run->time.Read().clock, ClockState::kSetBack);
  const std::string answer = Say(Answer(request));
  EXPECT_EQ(InstallCheck(answer), "");
  EXPECT_EQ(run->time.Now(), wall);
  EXPECT_EQ(run->time.Read().clock, ClockState::kGood);
  wall += 100 * kDay;
  uptime += 100 * kDay;
  EXPECT_EQ(InstallCheck(answer), "time_answer.nonce") << "replayed";
  EXPECT_EQ(run->time.Now(), wall);
  run = std::make_unique<Run>(*this);
  EXPECT_EQ(InstallCheck(answer), "time_answer.nonce") << "replayed after a restart";
}

TEST_F(TimeExchangeTest, StaysRightAfterARestart) {
  ASSERT_EQ(InstallCheck(Say(Answer(Ask()))), "");
  run = std::make_unique<Run>(*this);
  run->time.SeeSigned(LoadLicenses(state, vendor.pki.Anchors())->at(0).view.verified->crl_this_update);
  ASSERT_TRUE(run->books.Keep(true));
  EXPECT_EQ(run->time.Now(), wall);
}

TEST_F(TimeExchangeTest, WhatIsNotTheVendorsAnswerToThisHostChangesNothing) {
  const LicenseMessage good = Answer(Ask());
  const auto with = [&](auto change) {
    LicenseMessage bad = good;
    change(bad);
    return InstallCheck(Say(bad));
  };
  EXPECT_EQ(with([](LicenseMessage& m) { m.license = "L-another"; }), "time_answer.license");
  EXPECT_EQ(with([](LicenseMessage& m) { m.product = "viewer"; }), "time_answer.license");
  EXPECT_EQ(with([](LicenseMessage& m) { m.serial[3] ^= 1; }), "time_answer.license");
  EXPECT_EQ(with([](LicenseMessage& m) { m.nonce[3] ^= 1; }), "time_answer.nonce")
      << "a copy of this host asked";
  EXPECT_EQ(with([](LicenseMessage& m) { m.vendor = "Somebody"; }), "time_answer.vendor");
  EXPECT_EQ(InstallCheck(TestVendor::Say(kTimeAnswer, good, TestVendor().pki)), "path.anchor");
  testing::TestPki stranger = vendor.pki;
  stranger.message_key = testing::SoftwareKey::Generate(KeyType::kEcP256);
  EXPECT_EQ(InstallCheck(TestVendor::Say(kTimeAnswer, good, stranger)), "jws.signature");
  EXPECT_EQ(InstallCheck(TestVendor::Say(kReturnNonce, good, vendor.pki)), "time_answer.kind");
  EXPECT_EQ(InstallCheck(ArmorMessage(kTimeRequest, good)), "time_answer.kind");
  EXPECT_EQ(run->time.Now(), wall + 400 * kDay);
  EXPECT_EQ(InstallCheck(Say(good)), "");
}

// Root of the host pins a root certificate of his own beside the vendor's, with the vendor's name.
TEST_F(TimeExchangeTest, AnotherRootOfTheVendorsNameSaysNothing) {
  const LicenseMessage good = Answer(Ask());
  const TestVendor own;
  TrustAnchors both = vendor.pki.Anchors();
  both.roots.push_back(own.pki.root);
  const auto outcome =
      InstallTimeAnswer(TestVendor::Say(kTimeAnswer, good, own.pki), *tpm, state, both, run->keeper());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().check, "time_answer.vendor");
  EXPECT_EQ(run->time.Now(), wall + 400 * kDay);
  EXPECT_TRUE(InstallTimeAnswer(Say(good), *tpm, state, both, run->keeper())) << "control";
}

// A return nonce of the vendor's in the armor of a time answer.
TEST_F(TimeExchangeTest, WhatTheMessageKeySignedForAnotherEndIsNoAnswer) {
  const LicenseMessage good = Answer(Ask());
  MessageKind disguised = kReturnNonce;
  disguised.label = kTimeAnswer.label;
  EXPECT_EQ(InstallCheck(TestVendor::Say(disguised, good, vendor.pki)), "jws.typ");
}

TEST_F(TimeExchangeTest, NoDamageToTheFileIsSurvived) {
  const std::string file = Say(Answer(Ask()));
  const size_t begin = file.find("-----BEGIN");
  for (size_t i = begin; i < file.size(); i++) {
    std::string flipped = file;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    ASSERT_NE(InstallCheck(flipped), "") << i;
  }
  for (size_t size = begin; size + 1 < file.size(); size++)
    ASSERT_NE(InstallCheck(file.substr(0, size)), "") << size;
  EXPECT_EQ(InstallCheck(std::string(kMaxFileSize, ' ') + file), "armor.size");
  EXPECT_EQ(run->time.Now(), wall + 400 * kDay);
  EXPECT_EQ(InstallCheck(file), "");
}

TEST_F(TimeExchangeTest, AskedAgainTheFirstAnswerIsRefused) {
  const std::string first = Say(Answer(Ask()));
  const std::string second = Say(Answer(Ask()));
  EXPECT_EQ(InstallCheck(first), "time_answer.nonce");
  EXPECT_EQ(InstallCheck(second), "");
}

TEST_F(TimeExchangeTest, AnAnswerThatIsKeptBackGainsNoMoreThanTwoWeeks) {
  const std::string answer = Say(Answer(Ask()));
  const Time told = wall;
  uptime += 300 * kDay;  // used meanwhile; then the clock is set back to what the answer says
  EXPECT_EQ(InstallCheck(answer), "");
  EXPECT_EQ(run->time.Now(), told + 300 * kDay - kOnTheWay);
}

TEST_F(TimeExchangeTest, AListThatTheVendorMadeWithAClockAheadIsReplacedFirst) {
  ASSERT_TRUE(InstallFile(List(10, wall + 400 * kDay)));
  const std::string answer = Say(Answer(Ask()));
  EXPECT_EQ(InstallCheck(answer), "time_answer.list");
  EXPECT_EQ(run->time.Now(), wall + 400 * kDay);
  ASSERT_TRUE(InstallFile(List(11, wall)));
  EXPECT_EQ(InstallCheck(answer), "") << "the answer is still good";
  EXPECT_EQ(run->time.Now(), wall);
}

TEST_F(TimeExchangeTest, AListOfAfterTheAnswerStillCounts) {
  const std::string answer = Say(Answer(Ask()));
  const Time list = wall + 5 * kDay;
  wall += 6 * kDay;
  ASSERT_TRUE(InstallFile(List(10, list)));
  ASSERT_EQ(InstallCheck(answer), "");
  wall -= 6 * kDay;
  EXPECT_GE(run->time.Now(), list);
}

TEST_F(TimeExchangeTest, WhereSeveralVendorsHaveLicensesNoneIsAsked) {
  TestVendor other("Haendler");
  auto request = MakeRequest(
      other.NewProductKey("viewer"), {.agent_version = "1"}, {*tpm}, state,
      [this] { return run->books.Counter(); }, Now());
  ASSERT_TRUE(request) << request.error().message;
  LicenseTerms terms = other.Terms();
  terms.product = "viewer";
  TrustAnchors both = vendor.pki.Anchors();
  for (const Certificate& root : other.pki.Anchors().roots) both.roots.push_back(root);
  const auto installed = Install(other.Answer(request->file, terms, {}), {*tpm}, state, both, Now());
  ASSERT_TRUE(installed) << installed.error().message;
  for (const char* product : {"editor", "viewer"})
    EXPECT_EQ(AskForTime(product, *tpm, state, both, run->keeper()).error().check, "time_request.vendors");
  ASSERT_TRUE(state.RemoveLicense("viewer"));
  EXPECT_TRUE(AskForTime("editor", *tpm, state, both, run->keeper()));
}

TEST_F(TimeExchangeTest, WhoHasNoLicenseHasNobodyToAsk) {
  const auto check = [&](const std::string& product) {
    return AskForTime(product, *tpm, state, vendor.pki.Anchors(), run->keeper()).error().check;
  };
  EXPECT_EQ(check("viewer"), "time_request.nothing");
  ASSERT_TRUE(state.RemoveLicense("editor"));
  EXPECT_EQ(check(""), "time_request.nothing");
}

}  // namespace
}  // namespace holdfast
