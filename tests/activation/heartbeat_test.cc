// The heartbeat by file: a (software) TPM, the agent's code, and a vendor whose answers are genuine or not.
#include "agent/heartbeat.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "agent/licenses.h"
#include "protocol/armor.h"
#include "protocol/time_answer.h"
#include "protocol/tpm/structures.h"
#include "tests/activation/test_vendor.h"
#include "tests/testing/swtpm.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {
namespace {

using ::testing::ElementsAre, ::testing::IsEmpty;
using testing::TestVendor;

constexpr Seconds kDay = std::chrono::hours(24);

class HeartbeatTest : public ::testing::Test {
 protected:
  // One run of the agent.
  struct Run {
    OwnedTime time;
    Books books;
    explicit Run(HeartbeatTest& test)
        : time([&test] { return test.wall; }, [&test] { return test.uptime; }),
          books(test.state, *test.tpm, time) {}
    TimeKeeper keeper() { return {time, books}; }
  };

  void SetUp() override {
    auto request = MakeRequest(
        vendor.NewProductKey(), {.agent_version = "1"}, {*tpm}, state,
        [this] { return run->books.Counter(); }, [this] { return wall; });
    ASSERT_TRUE(request) << request.error().message;
    auto installed =
        Install(vendor.Answer(request->file), {*tpm}, state, vendor.pki.Anchors(), [this] { return wall; });
    ASSERT_TRUE(installed) << installed.error().message;
  }
  Heartbeat Report(const ReportOptions& options = {.agent_version = "1"}) {
    auto made = MakeHeartbeat(options, {*tpm}, state, vendor.pki.Anchors(), run->keeper());
    if (!made) throw std::runtime_error(made.error().check + ": " + made.error().message);
    return ReadHeartbeatFile(made->file).value();
  }
  std::string ReportCheck(const std::string& product) {
    auto made = MakeHeartbeat({.product = product}, {*tpm}, state, vendor.pki.Anchors(), run->keeper());
    return made ? "" : made.error().check;
  }
  HeartbeatAnswer AnswerTo(const Heartbeat& heartbeat) const {
    const HeartbeatReport& report = heartbeat.report.report;
    return {.vendor = report.vendor,
            .product = report.product,
            .license = report.license,
            .report = heartbeat.report.id,
            .sequence = report.sequence,
            .time = wall};
  }
  // The license that is installed.
  LicenseFile Present() const { return ParseLicenseFile(state.ReadLicense("editor")->license).value(); }
  // One for the same key, on other terms.
  LicenseFile Renewed(const LicenseTerms& terms) const {
    const auto key = LicenseKeyOf(state.ReadLicense("editor")->keys).value();
    return vendor.LicenseFor(key, terms);
  }
  std::string Say(const HeartbeatAnswer& answer) const {
    return TestVendor::Say(answer, Present(), vendor.pki);
  }
  Result<InstallOutcome> Apply(const std::string& file) {
    return ApplyHeartbeatAnswer(file, {*tpm}, state, vendor.pki.Anchors(), run->keeper());
  }
  std::string ApplyCheck(const std::string& file) {
    auto outcome = Apply(file);
    return outcome ? "" : outcome.error().check;
  }
  LicenseView View() const { return LoadLicenses(state, vendor.pki.Anchors())->at(0).view; }

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

TEST_F(HeartbeatTest, AReportIsSignedByTheLicenseKeyAndTheTpmVouchesForTheLedger) {
  const Heartbeat heartbeat = Report({.host_facts = {{"hostname", "n1"}}, .agent_version = "1"});
  const HeartbeatReport& report = heartbeat.report.report;
  EXPECT_EQ(report.sequence, 1);
  EXPECT_EQ(report.host.at("hostname"), "n1");
  EXPECT_EQ(report.certificate, Sha256(Present().license.der()));
  EXPECT_FALSE(report.answer);
  EXPECT_THAT(report.unanswered, IsEmpty());
  EXPECT_EQ(report.created, wall);
  const LicenseKeys keys = state.ReadLicense("editor")->keys;
  EXPECT_TRUE(VerifyJws(heartbeat.report.jws, LicenseKeyOf(keys).value()));
  const auto attest = tpm::ParseAttest(heartbeat.counter->attest).value();
  EXPECT_TRUE(Equal(attest.extra_data, HeartbeatQualifyingData(heartbeat.report.id)));
  const auto& info = std::get<tpm::NvCertifyInfo>(attest.attested);
  uint64_t value = 0;
  for (const uint8_t octet : info.contents) value = value << 8 | octet;
  EXPECT_EQ(static_cast<int64_t>(value), report.ledger.stamp) << "of the newest ledger";
}

TEST_F(HeartbeatTest, ReportsFormAChain) {
  const Heartbeat first = Report();
  const Heartbeat second = Report();
  EXPECT_EQ(second.report.report.sequence, 2);
  EXPECT_THAT(second.report.report.unanswered, ElementsAre(first.report.id));
  run = std::make_unique<Run>(*this);  // it is on record, not in memory
  const std::string answer = Say(AnswerTo(second));
  ASSERT_EQ(ApplyCheck(answer), "");
  const Heartbeat third = Report();
  EXPECT_EQ(third.report.report.sequence, 3);
  EXPECT_EQ(third.report.report.answer, HeartbeatId(ReadHeartbeatAnswerFile(answer)->jws));
  EXPECT_THAT(third.report.report.unanswered, IsEmpty());
}

TEST_F(HeartbeatTest, TheVendorsTimeAndContactAreKept) {
  HeartbeatAnswer answer = AnswerTo(Report());
  answer.time = wall + 3 * kDay;
  ASSERT_EQ(ApplyCheck(Say(answer)), "");
  EXPECT_EQ(run->time.Now(), wall + 3 * kDay);
  run = std::make_unique<Run>(*this);
  ASSERT_TRUE(run->books.Keep(true));
  EXPECT_EQ(run->time.Now(), wall + 3 * kDay) << "after a restart";
  std::vector<LicenseView> views{View()};
  run->books.Judge(views);
  EXPECT_EQ(views[0].contact, wall + 3 * kDay);
}

// Root of the host pins a root certificate of his own beside the vendor's, with the vendor's name, and answers himself.
TEST_F(HeartbeatTest, AnotherRootOfTheVendorsNameAnswersNothing) {
  const TestVendor own;
  TrustAnchors both = vendor.pki.Anchors();
  both.roots.push_back(own.pki.root);
  HeartbeatAnswer answer = AnswerTo(Report());
  answer.time = wall + 300 * kDay;
  const auto outcome =
      ApplyHeartbeatAnswer(TestVendor::Say(answer, Present(), own.pki), {*tpm}, state, both, run->keeper());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().check, "heartbeat_answer.vendor");
  EXPECT_EQ(run->time.Now(), wall);
  std::vector<LicenseView> views{View()};
  run->books.Judge(views);
  EXPECT_FALSE(views[0].contact);
  answer.time = wall;
  EXPECT_TRUE(ApplyHeartbeatAnswer(Say(answer), {*tpm}, state, both, run->keeper())) << "control";
}

TEST_F(HeartbeatTest, AnAnswerRenewsTheLicense) {
  LicenseTerms terms = vendor.Terms();
  terms.expires = *terms.expires + 100 * kDay;
  terms.plan = "larger";
  HeartbeatAnswer answer = AnswerTo(Report());
  answer.notices = {"Version 3 is out."};
  const std::string file = TestVendor::Say(answer, Renewed(terms), vendor.pki);
  const auto outcome = Apply(file);
  ASSERT_TRUE(outcome) << outcome.error().check << outcome.error().message;
  EXPECT_TRUE(outcome->changed);
  EXPECT_THAT(outcome->notices, ElementsAre("Version 3 is out."));
  EXPECT_EQ(View().verified->terms.plan, "larger");
  EXPECT_EQ(View().verified->terms.expires, terms.expires);
}

TEST_F(HeartbeatTest, AnAnswerBringsARevocation) {
  LicenseFile revoked = Present();
  CrlFields fields = vendor.pki.ShardCrlFields();
  fields.number = 50;
  fields.this_update += Seconds(50);
  fields.entries = {
      {revoked.license.fields().serial, fields.this_update, RevocationReason::kCertificateHold}};
  revoked.crl = vendor.pki.IssueCrl(fields);
  ASSERT_EQ(ApplyCheck(TestVendor::Say(AnswerTo(Report()), revoked, vendor.pki)), "");
  EXPECT_NE(View().verified->revocation, Revocation::kGood);
  EXPECT_EQ(Report().report.report.sequence, 2) << "which can still report";
}

TEST_F(HeartbeatTest, AListThatCameMeanwhileStays) {
  const std::string answer = Say(AnswerTo(Report()));
  ASSERT_TRUE(Install(vendor.List(60, {}), {*tpm}, state, vendor.pki.Anchors(), [this] { return wall; }));
  ASSERT_EQ(ApplyCheck(answer), "");
  EXPECT_EQ(View().verified->crl_number, 60);
}

TEST_F(HeartbeatTest, AppliedAgainItChangesNothing) {
  const std::string answer = Say(AnswerTo(Report()));
  ASSERT_EQ(ApplyCheck(answer), "");
  const auto again = Apply(answer);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(Report().report.report.sequence, 2);
}

// The license was installed, and the ledger does not know yet.
TEST_F(HeartbeatTest, InterruptedItIsCompletedByApplyingItAgain) {
  LicenseTerms terms = vendor.Terms();
  terms.plan = "larger";
  const LicenseFile renewed = Renewed(terms);
  const std::string answer = TestVendor::Say(AnswerTo(Report()), renewed, vendor.pki);
  ASSERT_TRUE(
      Install(FormatLicenseFile(renewed), {*tpm}, state, vendor.pki.Anchors(), [this] { return wall; }));
  const auto outcome = Apply(answer);
  ASSERT_TRUE(outcome) << outcome.error().check;
  EXPECT_TRUE(outcome->changed);
  EXPECT_THAT(Report().report.report.unanswered, IsEmpty());
}

TEST_F(HeartbeatTest, WhatIsNotTheVendorsAnswerToThisReportChangesNothing) {
  const HeartbeatAnswer good = AnswerTo(Report());
  const auto with = [&](auto change) {
    HeartbeatAnswer bad = good;
    change(bad);
    return ApplyCheck(Say(bad));
  };
  EXPECT_EQ(with([](HeartbeatAnswer& a) { a.license = "L-another"; }), "heartbeat_answer.license");
  EXPECT_EQ(with([](HeartbeatAnswer& a) { a.product = "viewer"; }), "heartbeat_answer.license");
  EXPECT_EQ(with([](HeartbeatAnswer& a) { a.report[3] ^= 1; }), "heartbeat_answer.report");
  EXPECT_EQ(with([](HeartbeatAnswer& a) { a.vendor = "Somebody"; }), "heartbeat_answer.vendor");
  EXPECT_EQ(ApplyCheck(TestVendor::Say(good, Present(), TestVendor().pki)), "path.anchor");
  testing::TestPki stranger = vendor.pki;
  stranger.message_key = testing::SoftwareKey::Generate(KeyType::kEcP256);
  EXPECT_EQ(ApplyCheck(TestVendor::Say(good, Present(), stranger)), "jws.signature");
  const auto other_key = testing::SoftwareKey::Generate(KeyType::kEcP256);
  EXPECT_EQ(ApplyCheck(TestVendor::Say(good, vendor.LicenseFor(other_key->public_key(), vendor.Terms()),
                                       vendor.pki)),
            "heartbeat_answer.license");
  const auto record = Report().report.report;
  EXPECT_EQ(record.sequence, 2);
  EXPECT_EQ(record.unanswered.size(), 1u);
  EXPECT_EQ(ApplyCheck(Say(good)), "");
}

// The administrator keeps the list that revokes his license out of the file.
TEST_F(HeartbeatTest, TheListCannotBeTakenOutOfTheAnswer) {
  const LicenseFile present = Present();
  LicenseFile newer = present;
  newer.crl = Crl::Parse(ParseArmor(vendor.List(50, {}))->at(0).content).value();
  const std::string file = TestVendor::Say(AnswerTo(Report()), newer, vendor.pki);
  const std::string tail = WithoutText(FormatLicenseFile(newer)).value();
  ASSERT_TRUE(file.ends_with(tail));
  const std::string swapped =
      file.substr(0, file.size() - tail.size()) + WithoutText(FormatLicenseFile(present)).value();
  EXPECT_EQ(ApplyCheck(swapped), "heartbeat_answer.license_file");
}

TEST_F(HeartbeatTest, NoDamageToTheFileIsSurvived) {
  const std::string file = Say(AnswerTo(Report()));
  for (size_t i = file.find("-----BEGIN"); i < file.size(); i += 7) {
    std::string flipped = file;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    ASSERT_NE(ApplyCheck(flipped), "") << i;
  }
  EXPECT_EQ(ApplyCheck(file), "");
}

TEST_F(HeartbeatTest, ARestoredLedgerSaysSoInItsReport) {
  const std::string answer = Say(AnswerTo(Report()));
  const testing::TempDir copy;
  std::filesystem::copy(state.path(), copy.path(), std::filesystem::copy_options::recursive);
  const StateDirectory other(copy.path());
  ASSERT_EQ(ApplyCheck(answer), "");
  OwnedTime time([this] { return wall; }, [this] { return uptime; });
  Books books(other, *tpm, time);
  const auto report =
      MakeHeartbeat({.agent_version = "1"}, {*tpm}, other, vendor.pki.Anchors(), {time, books});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_GT(ReadHeartbeatFile(report->file)->report.report.ledger.disturbed, 0) << "which the report says";
}

TEST_F(HeartbeatTest, WhoHasNoLicenseHasNothingToReport) {
  EXPECT_EQ(ReportCheck("viewer"), "heartbeat.nothing");
  ASSERT_TRUE(state.RemoveLicense("editor"));
  EXPECT_EQ(ReportCheck(""), "heartbeat.nothing");
}

}  // namespace
}  // namespace holdfast
