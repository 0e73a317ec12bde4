// Where a hard meter is charged: once for a license on a TPM, whatever is asked for again.
#include "signer/server/licensing/meter_pin.h"

#include <gmock/gmock.h>

#include "signer/server/licensing/heartbeats.h"
#include "signer/server/licensing/license_changes.h"
#include "signer/server/licensing/usage.h"
#include "tests/signer/server/licensing/licensing_fixture.h"
#include "tests/testing/heartbeat.h"

namespace holdfast {
namespace {

using ::testing::Contains, ::testing::Not;

class MeterPinTest : public LicensingTest {
 protected:
  void SetUp() override {
    LicensingTest::SetUp();
    AddProductWith(100);
    Trust(tpm_);
    key_ = Sell(2);
    counter_ = tpm::MeterCounterIndex(key_->claims.vendor, key_->claims.id);
  }
  void AddProductWith(int64_t units) {
    Json product = Json::parse(ExampleProduct());
    product["plans"]["standard"]["limits"]["pages"] = {
        {"kind", "meter"}, {"max", units}, {"period", "never"}, {"hard", true}};
    ASSERT_TRUE(licensing_->AddProduct("test", "acme-cad", product.dump()));
  }
  AnsweredRequest Activate(SoftwareTpm& tpm, std::optional<uint64_t> meter) {
    NewLicenseKey(tpm);
    testing::RequestOptions options = OptionsFor(*key_);
    options.meter = meter;
    auto answered = Answer(FileOf(tpm, options));
    EXPECT_TRUE(answered) << answered.error().check << ": " << answered.error().message;
    return *answered;
  }
  std::optional<MeterPin> PinOf(SoftwareTpm& tpm, std::optional<uint64_t> meter) {
    return ParseTerms(Activate(tpm, meter).activation.terms)->meter;
  }
  // What the host's next report brings when the vendor has renewed the license.
  ActivationRecord RenewByReport(const ActivationRecord& activation) {
    const auto certificate = Certificate::Parse(activation.certificate, CertificateProfile::kLicense).value();
    now_ += Seconds{86400};
    EXPECT_TRUE(RenewLicense(*store_, {now_, "test"}, license_, Seconds{90 * 86400}, false));
    testing::ReportingHost host;
    const Heartbeat heartbeat = BuildHeartbeat(tpm_, certificate, host.Next());
    const auto answered = licensing_->AnswerHeartbeat("test", ArmorHeartbeat(heartbeat), {});
    EXPECT_TRUE(answered) << answered.error().message;
    EXPECT_THAT(answered.value_or(AnsweredHeartbeat{}).notes, Contains("heartbeat.meter_unproven"))
        << "it says nothing of it";
    return store_->ListActivations(license_)->back();
  }
  MeterPin At(int64_t base) const { return {counter_, base}; }

  SoftwareTpm tpm_;
  std::optional<ProductKey> key_;
  uint32_t counter_ = 0;
};

TEST_F(MeterPinTest, IsWhereTheCounterStoodWhenTheLicenseWasAskedFor) {
  const AnsweredRequest answered = Activate(tpm_, 7);
  EXPECT_EQ(ParseTerms(answered.activation.terms)->meter, At(7));
  EXPECT_THAT(answered.notes, Not(Contains("meter.ledger")));
}

TEST_F(MeterPinTest, OfATpmThatCannotCountThereIsNone) {
  const AnsweredRequest answered = Activate(tpm_, std::nullopt);
  EXPECT_EQ(ParseTerms(answered.activation.terms)->meter, std::nullopt);
  EXPECT_THAT(answered.notes, Contains("meter.ledger"));
}

TEST_F(MeterPinTest, ANewActivationOnTheSameTpmGoesOn) {
  EXPECT_EQ(PinOf(tpm_, 7), At(7));
  EXPECT_EQ(PinOf(tpm_, 68), At(7)) << "60 units were used";
  EXPECT_EQ(PinOf(tpm_, std::nullopt), At(7)) << "also when the request says nothing of it";
}

TEST_F(MeterPinTest, AnotherTpmHasItsOwn) {
  SoftwareTpm sibling = SiblingOf(tpm_);
  EXPECT_EQ(PinOf(tpm_, 7), At(7));
  EXPECT_EQ(PinOf(sibling, 9), At(9));
}

TEST_F(MeterPinTest, AnActivationThatTheVendorReleasedIsNotGoneOnWith) {
  EXPECT_EQ(PinOf(tpm_, 7), At(7));
  EXPECT_EQ(PinOf(tpm_, 30), At(7));
  const auto activations = store_->ListActivations(license_);
  ASSERT_TRUE(store_->ReleaseActivation({now_, "test"}, license_, activations->back().id));
  EXPECT_EQ(PinOf(tpm_, 68), At(68));
}

TEST_F(MeterPinTest, AfterAReturnItIsChargedAnewForTheTermsSayWhatWasUsed) {
  EXPECT_EQ(PinOf(tpm_, 7), At(7));
  auto activations = *store_->ListActivations(license_);
  const LicenseTerms terms = *ParseTerms(activations.back().terms);
  Plan plan;
  plan.grants = terms.grants;
  plan.fallback = terms.fallback;
  EXPECT_EQ(MeterOfActivation(activations, activations.back().ek_name, plan, At(68))->pin, At(7));
  activations.back().state = ActivationState::kReturned;
  EXPECT_EQ(MeterOfActivation(activations, activations.back().ek_name, plan, At(68))->pin, At(68));
}

TEST_F(MeterPinTest, AnotherNumberOfUnitsIsChargedAnew) {
  EXPECT_EQ(PinOf(tpm_, 7), At(7));
  Plan plan;
  plan.grants.limits["pages"] = {.kind = LimitKind::kMeter, .max = 200, .hard = true};
  const auto activations = store_->ListActivations(license_);
  const Bytes host = activations->back().ek_name;
  EXPECT_EQ(MeterOfActivation(*activations, host, plan, At(68))->pin, At(68));
  EXPECT_EQ(MeterOfRenewal(*ParseTerms(activations->back().terms), plan), std::nullopt)
      << "with a heartbeat nothing is charged: the ledger counts until then";
}

TEST_F(MeterPinTest, ARenewalKeepsIt) {
  const ActivationRecord activation = Activate(tpm_, 7).activation;
  const ActivationRecord renewed = RenewByReport(activation);
  EXPECT_NE(renewed.serial, activation.serial);
  EXPECT_EQ(ParseTerms(renewed.terms)->meter, At(7));
}

// The host returned the license, kept the proof back, and was activated anew: the TPM counts on in the index that was charged then.
TEST_F(MeterPinTest, ALateProofOfTheLicenseBeforeChangesNothingOfWhatItWasChargedWith) {
  const ActivationRecord first = Activate(tpm_, 7).activation;
  const ActivationRecord second = Activate(tpm_, 38).activation;
  NewReturn late;
  late.record.activation = first.id;
  late.record.proof = "{}";
  late.record.proof_hash = Bytes(32, 1);
  late.record.units = UnitCount::kStated;
  late.record.used = {{"pages", MeterPeriod::kNever, Time{}, 30}};
  ASSERT_TRUE(store_->RecordReturn({now_, "test"}, late, false));
  ASSERT_EQ(store_->ListActivations(license_)->back().takes_over, first.id) << "control";
  for (const ActivationRecord& next : {RenewByReport(second), Activate(tpm_, 45).activation}) {
    const LicenseTerms terms = *ParseTerms(next.terms);
    EXPECT_NE(next.serial, second.serial);
    EXPECT_EQ(terms.meter, At(7));
    EXPECT_TRUE(terms.used.empty()) << "the index holds 100 units, of which 30 are counted in it";
  }
}

TEST_F(MeterPinTest, ALedgerThatIsMadeAnewBesideItAddsNothingToItsUsage) {
  const ActivationRecord activation = Activate(tpm_, 7).activation;
  const auto certificate = Certificate::Parse(activation.certificate, CertificateProfile::kLicense).value();
  testing::ReportingHost host;
  const auto report = [&](int64_t pages, int64_t prints) {
    host.usage = {{"pages", MeterPeriod::kNever, Time{}, pages},
                  {"prints", MeterPeriod::kNever, Time{}, prints}};
    const Heartbeat heartbeat = BuildHeartbeat(tpm_, certificate, host.Next());
    host.Made(heartbeat.report.id);
    now_ += Seconds{1};
    const auto answered = licensing_->AnswerHeartbeat("test", ArmorHeartbeat(heartbeat), {});
    ASSERT_TRUE(answered) << answered.error().check << ": " << answered.error().message;
    host.Apply(HeartbeatId(ReadHeartbeatAnswerFile(answered->file)->jws), host.sequence);
  };
  report(5, 5);
  host.ResetLedger(host.ledger.stamp + 1);
  report(8, 3);
  const auto acknowledged = AcknowledgedUsage(*store_, license_);
  ASSERT_TRUE(acknowledged);
  for (const HostUsage& each : *acknowledged)
    EXPECT_EQ(each.usage.units, 8) << each.usage.limit << ": the TPM's 8, and the ledgers' 5 and 3";
  EXPECT_EQ(acknowledged->size(), 2u);
}

}  // namespace
}  // namespace holdfast
