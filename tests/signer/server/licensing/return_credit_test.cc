// What a return gives back beside the activation: units of meters, and time.
#include "protocol/json_text.h"
#include "signer/server/licensing/heartbeats.h"
#include "signer/server/licensing/license_changes.h"
#include "signer/server/licensing/returns.h"
#include "signer/server/licensing/usage.h"
#include "tests/signer/server/licensing/licensing_fixture.h"
#include "tests/testing/heartbeat.h"
#include "tests/testing/return_proof.h"

namespace holdfast {
namespace {

using testing::ReportingHost;

constexpr Seconds kDay{86400};

class ReturnCreditTest : public LicensingTest {
 protected:
  void SetUp() override {
    LicensingTest::SetUp();
    Trust(tpm_);
    other_ = SiblingOf(tpm_);
  }
  // Sells 100 renders for 365 days, with what its plan says of a return.
  void SellWith(const Json& credit, int64_t activations = 1) {
    Json product = ParseJson(ExampleProduct(), kMaxProductFileSize).value();
    Json& plan = product["plans"]["standard"];
    plan["limits"]["renders"] = {{"kind", "meter"}, {"max", 100}, {"period", "never"}};
    plan["duration"] = "365d";
    if (!credit.empty()) plan["return"] = credit;
    ASSERT_TRUE(licensing_->AddProduct("test", "acme-cad", FormatJson(product)));
    key_ = Sell(activations);
  }
  ActivationRecord Activate(SoftwareTpm& tpm, uint64_t gate_base = 0) {
    testing::RequestOptions options = OptionsFor(*key_);
    options.gate_base += gate_base;
    auto answered = Answer(FileOf(tpm, options));
    EXPECT_TRUE(answered) << answered.error().check << ": " << answered.error().message;
    return answered->activation;
  }
  static StatedUsage Renders(int64_t units, int64_t stamp = 1000) {
    return {{41, stamp, 0}, {{"renders", MeterPeriod::kNever, Time{}, units}}};
  }
  Result<AcceptedReturn> Accept(const SoftwareTpm& tpm, const ActivationRecord& activation,
                                const std::optional<StatedUsage>& used, bool dry_run = false) {
    testing::RequestOptions options;
    options.vendor = settings_.vendor;
    options.product = "acme-cad";
    const auto license = Certificate::Parse(activation.certificate, CertificateProfile::kLicense).value();
    testing::ReturnLies lies;
    lies.used = used;
    const std::string file = ArmorReturnProof(BuildReturn(tpm, options, license, {}, now_, lies));
    auto accepted = AcceptReturn(*store_, settings_.vendor, {now_, "test"}, file, {.dry_run = dry_run});
    EXPECT_TRUE(accepted) << accepted.error().check << ": " << accepted.error().message;
    return accepted;
  }
  void Report(SoftwareTpm& tpm, const ActivationRecord& activation, ReportingHost& host, int64_t units) {
    const auto license = Certificate::Parse(activation.certificate, CertificateProfile::kLicense).value();
    host.usage = Renders(units).usage;
    const Heartbeat heartbeat = BuildHeartbeat(tpm, license, host.Next());
    host.Made(heartbeat.report.id);
    now_ += Seconds{1};
    auto answered = licensing_->AnswerHeartbeat("test", ArmorHeartbeat(heartbeat), {});
    ASSERT_TRUE(answered) << answered.error().check << ": " << answered.error().message;
    host.Apply(HeartbeatId(ReadHeartbeatAnswerFile(answered->file)->jws), host.sequence);
  }
  static int64_t UsedIn(const ActivationRecord& activation) {
    return UsedBefore(ParseTerms(activation.terms)->used, "renders", MeterPeriod::kNever, Time{});
  }
  SoftwareTpm tpm_, other_;
  std::optional<ProductKey> key_;
};

TEST_F(ReturnCreditTest, TheNextHostGoesOnWithWhatWasUsed) {
  SellWith({{"units", true}});
  const auto accepted = Accept(tpm_, Activate(tpm_), Renders(30));
  EXPECT_EQ(accepted->units.count, UnitCount::kStated);
  EXPECT_TRUE(accepted->notes.empty());
  EXPECT_EQ(UsedIn(Activate(other_)), 30);
}

TEST_F(ReturnCreditTest, WithoutCreditTheUnitsAreUsedUp) {
  SellWith(Json::object());
  const auto accepted = Accept(tpm_, Activate(tpm_), Renders(30));
  EXPECT_EQ(accepted->units.count, UnitCount::kUsedUp);
  EXPECT_EQ(UsedIn(Activate(other_)), 100);
}

TEST_F(ReturnCreditTest, AProofThatStatesNothingUsesUpAll) {
  SellWith({{"units", true}});
  EXPECT_EQ(Accept(tpm_, Activate(tpm_), std::nullopt)->units.count, UnitCount::kUnknown);
  EXPECT_EQ(UsedIn(Activate(other_)), 100);
}

// Back and forth between two hosts, as often as anybody likes.
TEST_F(ReturnCreditTest, ReturningAgainAndAgainGivesNoUnitTwice) {
  SellWith({{"units", true}});
  ASSERT_TRUE(Accept(tpm_, Activate(tpm_), Renders(30)));
  const ActivationRecord second = Activate(other_);
  ASSERT_TRUE(Accept(other_, second, Renders(70)));
  NewLicenseKey(tpm_);
  const ActivationRecord third = Activate(tpm_, 1);
  EXPECT_EQ(UsedIn(third), 70);
}

TEST_F(ReturnCreditTest, ALedgerThatForgotWhatTheActivationBeganWithIsNotBelieved) {
  SellWith({{"units", true}});
  ASSERT_TRUE(Accept(tpm_, Activate(tpm_), Renders(30)));
  const auto accepted = Accept(other_, Activate(other_), Renders(0));
  EXPECT_EQ(accepted->units.Used().front().units, 30);
}

TEST_F(ReturnCreditTest, WhatWasReportedCountsWhereLessIsStatedAndIsNamed) {
  SellWith({{"units", true}});
  const ActivationRecord activation = Activate(tpm_);
  ReportingHost host;
  Report(tpm_, activation, host, 80);
  const auto accepted = Accept(tpm_, activation, Renders(30));
  EXPECT_EQ(accepted->notes, std::vector<std::string>{"return.usage_shrank"});
  EXPECT_EQ(UsedIn(Activate(other_)), 80);
}

TEST_F(ReturnCreditTest, ALedgerThatIsOlderThanTheLastReportIsNamed) {
  SellWith({{"units", true}});
  const ActivationRecord activation = Activate(tpm_);
  ReportingHost host;
  Report(tpm_, activation, host, 30);
  const auto accepted = Accept(tpm_, activation, Renders(30, host.ledger.stamp - 1));
  EXPECT_EQ(accepted->notes, std::vector<std::string>{"return.set_back"});
}

TEST_F(ReturnCreditTest, ALedgerThatWasDisturbedSinceTheActivationIsNamed) {
  SellWith({{"units", true}});
  const ActivationRecord activation = Activate(tpm_);
  StatedUsage stated = Renders(30);
  stated.ledger.disturbed = ParseTerms(activation.terms)->ledger->base + 1;
  EXPECT_EQ(Accept(tpm_, activation, stated)->notes, std::vector<std::string>{"return.disturbed"});
}

TEST_F(ReturnCreditTest, WhatWasUsedBeforeIsNotTheNextHostsUsage) {
  SellWith({{"units", true}});
  const ActivationRecord first = Activate(tpm_);
  ReportingHost host;
  Report(tpm_, first, host, 30);
  ASSERT_TRUE(Accept(tpm_, first, Renders(30)));
  const ActivationRecord second = Activate(other_);
  ReportingHost other;
  Report(other_, second, other, 50);  // its ledger counts on from what its license says
  const auto usage = AcknowledgedUsage(*store_, license_);
  ASSERT_TRUE(usage);
  int64_t all = 0;
  for (const HostUsage& each : *usage) all += each.usage.units;
  EXPECT_EQ(all, 50);
}

TEST_F(ReturnCreditTest, ARenewalKeepsWhatWasUsedBefore) {
  SellWith({{"units", true}});
  ASSERT_TRUE(Accept(tpm_, Activate(tpm_), Renders(30)));
  const ActivationRecord second = Activate(other_);
  ReportingHost host;
  Report(other_, second, host, 40);
  EXPECT_EQ(store_->ListActivations(license_)->size(), 2u) << "nothing is issued anew for the same terms";
  ASSERT_TRUE(RenewLicense(*store_, {now_, "test"}, license_, 30 * kDay, false));
  Report(other_, second, host, 41);
  const auto activations = store_->ListActivations(license_);
  ASSERT_EQ(activations->size(), 3u);
  EXPECT_EQ(UsedIn(activations->back()), 30);
}

TEST_F(ReturnCreditTest, TimeStandsStillFromTheReturnToTheNextActivation) {
  SellWith({{"time", true}});
  const ActivationRecord first = Activate(tpm_);
  now_ += 65 * kDay;
  const auto accepted = Accept(tpm_, first, Renders(0));
  EXPECT_EQ(accepted->time_left, 300 * kDay);
  now_ += 400 * kDay;  // the sale was longer ago than the plan lasts
  const ActivationRecord second = Activate(other_);
  EXPECT_EQ(ParseTerms(second.terms)->expires, now_ + 300 * kDay);
  EXPECT_EQ(store_->GetLicense(license_)->ends, now_ + 300 * kDay);
}

TEST_F(ReturnCreditTest, WithoutCreditTheLicenseEndsWhenItDid) {
  SellWith({{"units", true}});
  const ActivationRecord first = Activate(tpm_);
  now_ += 65 * kDay;
  EXPECT_FALSE(Accept(tpm_, first, Renders(0))->time_left);
  now_ += 100 * kDay;
  EXPECT_EQ(ParseTerms(Activate(other_).terms)->expires, ParseTerms(first.terms)->expires);
}

TEST_F(ReturnCreditTest, TimeGoesOnAsLongAsAnotherHostUsesTheLicense) {
  SellWith({{"time", true}}, 2);
  const ActivationRecord first = Activate(tpm_), second = Activate(other_);
  EXPECT_FALSE(Accept(tpm_, first, Renders(0))->time_left);
  EXPECT_TRUE(Accept(other_, second, Renders(0))->time_left) << "control: the last one";
}

TEST_F(ReturnCreditTest, ARenewalOfALicenseThatStandsStillCountsFromWhatIsLeft) {
  SellWith({{"time", true}});
  const ActivationRecord first = Activate(tpm_);
  now_ += 65 * kDay;
  ASSERT_TRUE(Accept(tpm_, first, Renders(0)));
  now_ += 100 * kDay;
  const auto change = RenewLicense(*store_, {now_, "test"}, license_, 30 * kDay, false);
  ASSERT_TRUE(change) << change.error().message;
  EXPECT_EQ(change->end_after, now_ + 330 * kDay);
  EXPECT_TRUE(change->changed);
  EXPECT_FALSE(store_->GetLicense(license_)->time_left);
}

TEST_F(ReturnCreditTest, ADryRunSaysWhatWouldBeCreditedAndStoresNothing) {
  SellWith({{"units", true}, {"time", true}});
  const ActivationRecord first = Activate(tpm_);
  const auto tried = Accept(tpm_, first, Renders(30), true);
  EXPECT_EQ(tried->units.Used().front().units, 30);
  EXPECT_EQ(tried->time_left, 365 * kDay);
  EXPECT_TRUE(store_->ListReturns(license_)->empty());
  EXPECT_FALSE(store_->GetLicense(license_)->time_left);
}

}  // namespace
}  // namespace holdfast
