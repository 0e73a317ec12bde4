// Heartbeats at the vendor's: what is acknowledged, what the answer brings, who is refused, and that it converges whatever fails.
#include <atomic>
#include <thread>

#include "signer/server/licensing/usage.h"
#include "tests/signer/server/licensing/faults.h"
#include "tests/signer/server/licensing/heartbeat_fixture.h"
#include "tests/testing/host_request.h"

namespace holdfast {
namespace {

using testing::ReportingHost;

TEST_F(HeartbeatTest, IsAcknowledgedAndBringsTheNewestList) {
  host_.usage = {{"renders", MeterPeriod::kMonth, now_, 7}};
  auto answered = Report(Report(), {.notices = {"Offices are closed on Friday."}, .dry_run = false});
  ASSERT_TRUE(answered) << answered.error().check << ": " << answered.error().message;
  const SignedHeartbeatAnswer file = ReadHeartbeatAnswerFile(answered->file).value();
  EXPECT_EQ(file.content.report, answered->report.id);
  EXPECT_EQ(file.content.license, license_);
  EXPECT_EQ(file.content.sequence, 1);
  EXPECT_EQ(file.content.time, now_);
  EXPECT_EQ(file.content.notices, std::vector<std::string>{"Offices are closed on Friday."});
  EXPECT_FALSE(file.content.checkpoint.empty());
  EXPECT_FALSE(answered->renewed);
  EXPECT_TRUE(answered->notes.empty());
  EXPECT_EQ(answered->activation.id, activation_.id);
  EXPECT_EQ(Apply(host_, *answered).license.fields().serial, activation_.serial);
  const auto usage = AcknowledgedUsage(*store_, license_);
  ASSERT_EQ(usage->size(), 1u);
  EXPECT_EQ(usage->front().usage.units, 7);
  EXPECT_EQ(usage->front().host, "render-01");
  EXPECT_EQ(LastAction(), "activation.heartbeat");
  EXPECT_TRUE(Exchange().notes.empty());
}

TEST_F(HeartbeatTest, TheSameReportGetsTheSameAnswer) {
  const std::string report = Report();
  const auto first = Report(report);
  ASSERT_TRUE(first);
  now_ += kDay;
  ASSERT_TRUE(Renew(90 * kDay));
  const size_t records = store_->ListAudit(0, 1000)->size();
  const auto again = Report(report);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->file, first->file);
  EXPECT_EQ(again->activation.id, activation_.id);
  EXPECT_EQ(store_->ListAudit(0, 1000)->size(), records);
}

TEST_F(HeartbeatTest, BringsARenewalAndCountsOnce) {
  Exchange();
  const Bytes before = activation_.serial;
  const auto change = Renew(90 * kDay);
  ASSERT_TRUE(change) << change.error().message;
  EXPECT_EQ(*change->end_after - *change->end_before, 90 * kDay);
  const AnsweredHeartbeat answered = Exchange();
  EXPECT_TRUE(answered.renewed);
  EXPECT_EQ(answered.terms.expires, change->end_after);
  EXPECT_NE(activation_.serial, before);
  EXPECT_EQ(ActivationsUsed(), 1);
  const auto activations = store_->ListActivations(license_).value();
  ASSERT_EQ(activations.size(), 2u);
  EXPECT_EQ(activations[0].state, ActivationState::kSuperseded);
  EXPECT_EQ(activations[1].license_key_name, activations[0].license_key_name);
  EXPECT_EQ(activations[1].ak_public, activations[0].ak_public);
  EXPECT_TRUE(CurrentList().Find(before));
  EXPECT_FALSE(IsOnTheList(answered));
  EXPECT_FALSE(Exchange().renewed) << "once";
}

TEST_F(HeartbeatTest, AnAnswerThatGotLostIsGivenWithTheNextReport) {
  ASSERT_TRUE(Renew(90 * kDay));
  ASSERT_TRUE(Report(Report()));
  const auto again = Report(Report());  // still by the older certificate
  ASSERT_TRUE(again) << again.error().check << ": " << again.error().message;
  EXPECT_TRUE(again->renewed);
  EXPECT_EQ(store_->ListActivations(license_)->size(), 2u) << "nothing is issued twice";
}

TEST_F(HeartbeatTest, BringsAnotherPlan) {
  EXPECT_TRUE(ChangeLicensePlan(*store_, {now_, "test"}, license_, "demo", true)->changed);
  EXPECT_EQ(store_->GetLicense(license_)->plan, "standard") << "a dry run";
  Json product = ParseJson(ExampleProduct(), kMaxProductFileSize).value();
  product["plans"]["pro"] = product["plans"]["standard"];
  product["plans"]["pro"]["edition"] = "pro";
  ASSERT_TRUE(licensing_->AddProduct("test", "acme-cad", product.dump()));
  const auto upgraded = ChangeLicensePlan(*store_, {now_, "test"}, license_, "pro", false);
  ASSERT_TRUE(upgraded) << upgraded.error().check << ": " << upgraded.error().message;
  const AnsweredHeartbeat answered = Exchange();
  EXPECT_TRUE(answered.renewed);
  EXPECT_EQ(answered.terms.grants.edition, "pro");
  EXPECT_EQ(answered.terms.ledger, ParseTerms(activation_.terms)->ledger);
  EXPECT_EQ(answered.terms.valid_from, ParseTerms(activation_.terms)->valid_from);
}

TEST_F(HeartbeatTest, ANewActivationHasTheRenewalAtOnce) {
  const auto change = Renew(90 * kDay);
  NewLicenseKey(tpm_);
  EXPECT_EQ(ParseTerms(Activate(tpm_).terms)->expires, change->end_after);
}

TEST_F(HeartbeatTest, AnExpiredLicenseIsAnsweredWithWhatItHas) {
  now_ += 4000 * kDay;
  const auto answered = Report(Report());
  ASSERT_TRUE(answered) << answered.error().check << ": " << answered.error().message;
  EXPECT_FALSE(answered->renewed);
  EXPECT_TRUE(answered->expired);
}

TEST_F(HeartbeatTest, AnExpiredLicenseThatIsRenewedComesBackWithTheNextReport) {
  EXPECT_FALSE(Exchange().expired);
  now_ += 400 * kDay;
  ASSERT_TRUE(Report(Report())->expired);
  ASSERT_TRUE(Renew(365 * kDay));
  const AnsweredHeartbeat answered = Exchange();
  EXPECT_FALSE(answered.expired);
  EXPECT_TRUE(answered.renewed);
}

TEST_F(HeartbeatTest, SuspensionAndRevocationAreTold) {
  ASSERT_TRUE(licensing_->SetStatus("test", license_, LicenseStatus::kSuspended));
  const AnsweredHeartbeat suspended = Exchange();
  EXPECT_TRUE(IsOnTheList(suspended));
  ASSERT_EQ(suspended.answer.notices.size(), 1u);
  EXPECT_NE(suspended.answer.notices[0].find("suspended"), std::string::npos);
  ASSERT_TRUE(licensing_->SetStatus("test", license_, LicenseStatus::kActive));
  const AnsweredHeartbeat active = Exchange();
  EXPECT_FALSE(IsOnTheList(active));
  EXPECT_TRUE(active.answer.notices.empty());
  ASSERT_TRUE(licensing_->SetStatus("test", license_, LicenseStatus::kRevoked));
  EXPECT_TRUE(IsOnTheList(Exchange()));
  EXPECT_EQ(Renew(kDay).error().check, "store.status");
}

TEST_F(HeartbeatTest, ListNumbersNeverGoBack) {
  int64_t last = 0;
  for (const LicenseStatus status : {LicenseStatus::kSuspended, LicenseStatus::kActive,
                                     LicenseStatus::kSuspended, LicenseStatus::kRevoked}) {
    ASSERT_TRUE(licensing_->SetStatus("test", license_, status));
    const AnsweredHeartbeat answered = Exchange();
    const int64_t number =
        ParseLicenseFile(ReadHeartbeatAnswerFile(answered.file)->license_file)->crl.fields().number;
    EXPECT_GT(number, last);
    last = number;
  }
}

TEST_F(HeartbeatTest, OfARevokedIssuingKeyIsIssuedAnew) {
  Exchange();
  signer_.Rotate();
  EXPECT_FALSE(Exchange().renewed) << "a key that is only older is good";
  signer_.RevokeIssuer(0);
  EXPECT_TRUE(Exchange().renewed);
}

TEST_F(HeartbeatTest, AGapIsNamedAndHarmless) {
  Exchange();
  Report();
  const auto answered = Report(Report());
  EXPECT_EQ(answered->notes, std::vector<std::string>{"heartbeat.gap"});
  EXPECT_EQ(answered->lineage.unseen.size(), 1u);
}

TEST_F(HeartbeatTest, ALedgerThatWasMadeAnewIsNamed) {
  host_.usage = {{"renders", MeterPeriod::kNever, Time{}, 5}};
  Exchange();
  host_.ResetLedger(host_.ledger.stamp + 1);
  host_.usage = {{"renders", MeterPeriod::kNever, Time{}, 2}};
  EXPECT_EQ(Exchange().notes, std::vector<std::string>{"heartbeat.reset"});
  EXPECT_EQ(AcknowledgedUsage(*store_, license_)->front().usage.units, 7) << "what was used stays used";
}

TEST_F(HeartbeatTest, ACloneIsToldByThePlanThatWarns) {
  Exchange();
  ReportingHost clone = host_;
  clone.name = "render-02";
  Exchange();
  const auto answered = Report(ReportOf(clone));
  ASSERT_TRUE(answered) << answered.error().message;
  EXPECT_EQ(answered->notes, std::vector<std::string>{"heartbeat.fork"});
  ASSERT_TRUE(answered->other);
  EXPECT_EQ(answered->other->host, "render-01");
  EXPECT_EQ(answered->policy, ClonePolicy::kWarn);
  EXPECT_EQ(store_->GetLicense(license_)->status, LicenseStatus::kActive);
}

TEST_F(HeartbeatTest, ACloneIsRefusedByThePlanThatDenies) {
  SellWith("deny");
  Exchange();
  ReportingHost clone = host_;
  clone.name = "render-02";
  Exchange();
  const std::string report = ReportOf(clone);
  ASSERT_EQ(Report(report, {.notices = {}, .dry_run = true}).error().check, "heartbeat.fork");
  EXPECT_NE(LastAction(), "heartbeat.fork");
  const auto refused = Report(report);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "heartbeat.fork");
  EXPECT_EQ(refused.error().kind, ErrorKind::kDenied);
  EXPECT_NE(refused.error().message.find("render-01"), std::string::npos);
  EXPECT_NE(refused.error().message.find("render-02"), std::string::npos);
  EXPECT_EQ(LastAction(), "heartbeat.fork");
  EXPECT_EQ(store_->ListHeartbeats(license_)->size(), 2u);
  EXPECT_TRUE(Exchange().notes.empty()) << "the first goes on";
  EXPECT_EQ(ReportCheck(ReportOf(clone)), "heartbeat.fork") << "the second does not";
  // Whoever has looked into it says so, and the half that reports first goes on.
  now_ += kDay;
  ASSERT_TRUE(licensing_->SetStatus("test", license_, LicenseStatus::kSuspended));
  ASSERT_TRUE(licensing_->SetStatus("test", license_, LicenseStatus::kActive));
  EXPECT_TRUE(Report(ReportOf(clone)));
  EXPECT_EQ(ReportCheck(Report()), "heartbeat.fork");
}

// By two processes at the same moment: neither sees the other's report before it judges its own.
TEST_F(HeartbeatTest, ClonesThatAreAnsweredAtOnceDoNotBothPass) {
  SellWith("deny");
  for (int round = 0; round < 10; ++round) {
    Exchange();
    ReportingHost clone = host_;
    const std::string files[] = {Report(), ReportOf(clone)};
    std::atomic<int> answered{0}, refused{0};
    std::vector<std::thread> threads;
    for (const std::string& file : files)
      threads.emplace_back([&, this] {
        const auto store = SqliteStore::Open(directory_.path() / "store.db");
        ASSERT_TRUE(store) << store.error().message;
        Licensing licensing(**store, signer_, settings_, Now());
        const auto result = licensing.AnswerHeartbeat("test", file, {});
        if (result) ++answered;
        if (!result && result.error().check == "heartbeat.fork") ++refused;
      });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(answered, 1) << round;
    EXPECT_EQ(refused, 1) << round;
    SellWith("deny");
  }
  EXPECT_TRUE(store_->VerifyAudit());
}

TEST_F(HeartbeatTest, OfAHostWithoutATpmIsAnsweredAsWell) {
  Json product = ParseJson(ExampleProduct(), kMaxProductFileSize).value();
  product["plans"]["standard"]["assurance"] = Json::array({"host"});
  ASSERT_TRUE(licensing_->AddProduct("test", "acme-cad", product.dump()));
  const ProductKey key = Sell();
  const testing::SoftwareHost host;
  const std::string jws = testing::BuildHostRequest(host, OptionsFor(key));
  const auto answered =
      Answer(ArmorRequest(jws, std::get<HostRequest>(ParseAnyRequest(jws).value()).content));
  ASSERT_TRUE(answered) << answered.error().check << ": " << answered.error().message;
  activation_ = answered->activation;
  ReportingHost reporting;
  reporting.by_tpm = false;
  const auto report_of = [&](ReportingHost& from) {
    const Heartbeat heartbeat = testing::BuildHostHeartbeat(host.license_key, Installed(), from.Next());
    from.Made(heartbeat.report.id);
    return ArmorHeartbeat(heartbeat);
  };
  ASSERT_TRUE(Renew(90 * kDay));
  const auto first = Report(report_of(reporting));
  ASSERT_TRUE(first) << first.error().check << ": " << first.error().message;
  EXPECT_TRUE(first->renewed);
  EXPECT_EQ(first->terms.fingerprint, ParseTerms(activation_.terms)->fingerprint);
  EXPECT_EQ(store_->ListHeartbeats(license_)->front().counter, 0u);
  EXPECT_EQ(ActivationsUsed(), 1);
  ReportingHost clone = reporting;
  ASSERT_TRUE(Report(report_of(reporting)));
  EXPECT_EQ(Report(report_of(clone))->notes, std::vector<std::string>{"heartbeat.fork"});
}

TEST_F(HeartbeatTest, ACloneEndsBothByThePlanThatSuspends) {
  SellWith("suspend");
  Exchange();
  ReportingHost clone = host_;
  clone.name = "render-02";
  Exchange();
  const std::string report = ReportOf(clone);
  const auto dry = Report(report, {.notices = {}, .dry_run = true});
  ASSERT_TRUE(dry);
  EXPECT_TRUE(dry->suspended);
  EXPECT_EQ(store_->GetLicense(license_)->status, LicenseStatus::kActive) << "a dry run";
  const auto answered = Report(report);
  ASSERT_TRUE(answered) << answered.error().check << ": " << answered.error().message;
  EXPECT_TRUE(answered->suspended);
  EXPECT_EQ(store_->GetLicense(license_)->status, LicenseStatus::kSuspended);
  EXPECT_TRUE(IsOnTheList(*answered));
  EXPECT_TRUE(IsOnTheList(Exchange())) << "the first learns it with its next report";
  // Whoever has looked into it lifts the suspension, and begins anew.
  now_ += kDay;
  ASSERT_TRUE(licensing_->SetStatus("test", license_, LicenseStatus::kActive));
  EXPECT_TRUE(Exchange().notes.empty());
  EXPECT_EQ(store_->GetLicense(license_)->status, LicenseStatus::kActive);
  ASSERT_TRUE(Report(ReportOf(clone)));
  EXPECT_EQ(store_->GetLicense(license_)->status, LicenseStatus::kSuspended) << "both report again";
}

// Which nobody here knows the serial number of.
TEST_F(HeartbeatTest, OfAnotherVendorsLicenseNamesThatVendor) {
  const std::string report = Report();
  auto other = SqliteStore::Create(directory_.path() / "other.db").value();
  LicensingSettings settings = settings_;
  settings.vendor = "Another Vendor";
  Licensing elsewhere(*other, signer_, settings, Now());
  const auto refused = elsewhere.AnswerHeartbeat("test", report, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "heartbeat.vendor");
  EXPECT_NE(refused.error().message.find(settings_.vendor), std::string::npos) << refused.error().message;
}

TEST_F(HeartbeatTest, OfWhatIsNotInForceIsRefused) {
  const std::string report = Report();
  const ActivationRecord first = activation_;
  SoftwareTpm again = tpm_;
  NewLicenseKey(again);
  const ActivationRecord second = Activate(again);
  EXPECT_EQ(ReportCheck(report), "heartbeat.superseded");
  ASSERT_TRUE(store_->ReleaseActivation({now_, "test"}, license_, second.id));
  tpm_ = again;
  activation_ = second;
  EXPECT_EQ(ReportCheck(Report()), "heartbeat.released");
  auto other = SqliteStore::Create(directory_.path() / "other.db").value();
  Licensing elsewhere(*other, signer_, settings_, Now());
  EXPECT_EQ(elsewhere.AnswerHeartbeat("test", report, {}).error().check, "heartbeat.activation");
}

TEST_F(HeartbeatTest, AReturnEndsARenewedLicenseAsWell) {
  ASSERT_TRUE(Renew(90 * kDay));
  Exchange();
  const auto accepted = Accept(Proof());
  ASSERT_TRUE(accepted) << accepted.error().check << ": " << accepted.error().message;
  EXPECT_EQ(accepted->ended.size(), 1u);
  EXPECT_EQ(ActivationsUsed(), 0);
  EXPECT_EQ(ReportCheck(Report()), "heartbeat.returned");
}

// A late report names the older certificate, which was superseded by the renewal; what became of that is told.
TEST_F(HeartbeatTest, OfWhatEndedAfterARenewalSaysHowItEnded) {
  const std::string late = Report();
  ASSERT_TRUE(Renew(90 * kDay));
  Exchange();
  const std::string renewed = store_->ListActivations(license_)->back().id;
  ASSERT_TRUE(store_->ReleaseActivation({now_, "test"}, license_, renewed));
  EXPECT_EQ(ReportCheck(late), "heartbeat.released");

  SellWith("warn");
  const std::string another = Report();
  ASSERT_TRUE(Renew(90 * kDay));
  Exchange();
  ASSERT_TRUE(Accept(Proof()));
  EXPECT_EQ(ReportCheck(another), "heartbeat.returned");
}

// The paying customer of whom a state of yesterday is asked for: a new request, and one host still.
TEST_F(HeartbeatTest, AHostThatWasRestoredAndActivatedAnewIsNotTakenForTwo) {
  for (const char* policy : {"deny", "suspend"}) {
    SellWith(policy);
    Exchange();
    const ReportingHost backup = host_;
    Exchange();
    Exchange();
    Restore(backup);
    NewLicenseKey(tpm_);
    activation_ = Activate(tpm_);
    EXPECT_EQ(Exchange().notes, (std::vector<std::string>{"heartbeat.restored", "heartbeat.disturbed"}));
    EXPECT_TRUE(Exchange().notes.empty());
    ASSERT_TRUE(Renew(90 * kDay));
    EXPECT_TRUE(Exchange().notes.empty()) << "a renewal is for the same key";
    EXPECT_TRUE(Exchange().notes.empty());
    EXPECT_EQ(store_->GetLicense(license_)->status, LicenseStatus::kActive) << policy;
  }
}

// He restores a backup, and sends his report before he is told what to do.
TEST_F(HeartbeatTest, AHostWithATpmInHardwareThatWasRestoredAndReportsIsNotTakenForTwo) {
  for (const char* policy : {"deny", "suspend"}) {
    SellWith(policy);
    Exchange();
    const ReportingHost backup = host_;
    Exchange();
    const std::string slow = Report();
    Restore(backup);
    EXPECT_EQ(Exchange().notes, (std::vector<std::string>{"heartbeat.restored", "heartbeat.disturbed"}));
    EXPECT_TRUE(Exchange().notes.empty()) << "it is told once";
    const auto late = Report(slow);
    ASSERT_TRUE(late) << late.error().check << ": " << late.error().message;
    EXPECT_EQ(late->notes, std::vector<std::string>{"heartbeat.restored"}) << "of before, and slow";
    EXPECT_EQ(store_->GetLicense(license_)->status, LicenseStatus::kActive) << policy;
  }
}

// Whoever has a copy of the TPM has it make the mark as well.
TEST_F(HeartbeatTest, OfAVirtualTpmAStateThatSaysItWasPutBackIsAForkStill) {
  SellWith("deny", EkRootClass::kCloudVtpm);
  Exchange();
  const ReportingHost backup = host_;
  Exchange();
  Restore(backup);
  EXPECT_EQ(ReportCheck(Report()), "heartbeat.fork");
}

// Both go on side by side.
TEST_F(HeartbeatTest, WhereAStateThatWasPutBackIsOnlyWarnedOfItIsAForkStill) {
  rollback_ = "warn";
  SellWith("deny");
  Exchange();
  const ReportingHost backup = host_;
  Exchange();
  Restore(backup);
  EXPECT_EQ(ReportCheck(Report()), "heartbeat.fork");
}

TEST_F(HeartbeatTest, OnATpmInHardwareTwoStatesThatSayNothingAreAFork) {
  SellWith("deny");
  Exchange();
  const ReportingHost backup = host_;
  Exchange();
  Restore(backup);
  host_.ledger.disturbed = 0;
  EXPECT_EQ(ReportCheck(Report()), "heartbeat.fork");
}

TEST_F(HeartbeatTest, ADryRunChangesNothing) {
  ASSERT_TRUE(Renew(90 * kDay));
  const size_t records = store_->ListAudit(0, 1000)->size();
  const auto answered = Report(Report(), {.notices = {}, .dry_run = true});
  ASSERT_TRUE(answered) << answered.error().message;
  EXPECT_TRUE(answered->renewed);
  EXPECT_EQ(answered->terms.expires, store_->GetLicense(license_)->ends);
  EXPECT_TRUE(answered->file.empty());
  EXPECT_EQ(store_->ListAudit(0, 1000)->size(), records);
}

TEST_F(HeartbeatTest, NoticesHaveTheirLimits) {
  const std::string report = Report();
  EXPECT_EQ(Report(report, {std::vector<std::string>(kMaxNotices, "x"), false}).error().check,
            "heartbeat.notices");
  EXPECT_EQ(Report(report, {{"two\nlines"}, false}).error().check, "heartbeat.notices");
  EXPECT_EQ(Report(report, {{""}, false}).error().check, "heartbeat.notices");
  EXPECT_TRUE(Report(report, {std::vector<std::string>(kMaxNotices - 1, "x"), false}));
}

TEST_F(HeartbeatTest, RenewalsHaveTheirLimits) {
  EXPECT_EQ(Renew(now_).error().check, "licensing.until");
  EXPECT_EQ(Renew(kNoExpiry).error().check, "licensing.until");
  EXPECT_TRUE(Renew(ByPlan{}));
  now_ += 4000 * kDay;
  EXPECT_EQ(Renew(ByPlan{}).error().check, "licensing.until") << "the length of its plan is over";
  const auto change = Renew(kDay);
  ASSERT_TRUE(change) << change.error().message;
  EXPECT_EQ(change->end_after, now_ + kDay) << "from now, since it is over";
  EXPECT_EQ(ChangeLicensePlan(*store_, {now_, "test"}, license_, "nothing", false).error().check,
            "licensing.plan");
}

// The store and the signer fail before and after each of their calls.
TEST_F(HeartbeatTest, ThatFailedAnywhereConverges) {
  int points = 0;
  for (;; ++points) {
    SellWith("suspend");
    Exchange();
    ReportingHost clone = host_;
    Exchange();
    ASSERT_TRUE(Renew(90 * kDay));
    const bool fork = points % 2 == 1;  // in turn, a renewal and a fork
    const std::string report = ReportOf(fork ? clone : host_);
    testing::FaultPoints faults;
    testing::FaultyStore store(*store_, faults);
    testing::FaultySigner signer(signer_, faults);
    Licensing faulty(store, signer, settings_, Now());
    faults.FailAt(points / 2);
    now_ += Seconds{1};
    const auto crashed = faulty.AnswerHeartbeat("test", report, {});
    const bool hit = faults.hit();
    ASSERT_EQ(crashed.has_value(), !hit) << points;
    const auto answered = Report(report);
    ASSERT_TRUE(answered) << points << " " << answered.error().check << ": " << answered.error().message;
    EXPECT_EQ(answered->renewed, !fork) << points;
    EXPECT_EQ(ActivationsUsed(), 1) << points;
    EXPECT_EQ(store_->ListHeartbeats(license_)->size(), 3u) << points;
    EXPECT_EQ(store_->GetLicense(license_)->status, fork ? LicenseStatus::kSuspended : LicenseStatus::kActive)
        << points;
    EXPECT_EQ(IsOnTheList(*answered), fork) << points;
    if (!hit && fork) break;
  }
  EXPECT_GT(points, 40);
  EXPECT_TRUE(store_->VerifyAudit());
}

}  // namespace
}  // namespace holdfast
