// Requests that are as they should be, and what the policy makes of them.
#include "tests/signer/server/verifier/appraisal_fixture.h"

namespace holdfast {
namespace {

using ::holdfast::testing::RequestOptions;
using ::holdfast::testing::SoftwareTpm;
using tpm::EkTemplate;

class EachEk : public ::testing::TestWithParam<EkTemplate> {};

TEST_P(EachEk, AGoodRequestPassesAndSaysWhatItHolds) {
  SoftwareTpm tpm(GetParam());
  ActivationRequest request = RequestOf(tpm);
  auto result = Appraise(request, PolicyFor(tpm), kAppraisalTime);
  ASSERT_EQ(FailedCheck(result), "") << result.error().message;
  EXPECT_EQ(result->assurance, AssuranceClass::kHwTpm);
  EXPECT_EQ(result->ek_template, GetParam());
  EXPECT_EQ(result->ek.manufacturer, "id:53544D20");
  EXPECT_EQ(result->ek.key.spki(), tpm.ek.public_key().spki());
  EXPECT_EQ(result->license_key.spki(), tpm.license_key.public_key().spki());
  EXPECT_EQ(result->license_key_name, NameOf(tpm::ParsePublic(request.content.license_key_public).value()));
  EXPECT_EQ(result->ek_name, NameOf(tpm::ParsePublic(request.content.ek_public).value()));
  EXPECT_EQ(result->gate_index, tpm::GateIndex("Northlight", "studio"));
  EXPECT_EQ(result->gate_base, 5u);
  EXPECT_EQ(result->ledger, (LedgerPin{0x01a00000, 41}));
  EXPECT_EQ(result->clock.clock_ms, tpm.clock_ms);
  EXPECT_EQ(result->clock.reset_count, 7u);
  EXPECT_EQ(result->firmware, tpm.firmware);
  EXPECT_TRUE(result->notes.empty());
}

TEST(Appraisal, AHardMeterIsPinnedWhereTheTpmCanCountOne) {
  SoftwareTpm tpm;
  const auto without = Appraise(RequestOf(tpm), PolicyFor(tpm), kAppraisalTime);
  ASSERT_EQ(FailedCheck(without), "");
  EXPECT_EQ(without->meter, std::nullopt);
  const auto with = Appraise(RequestOf(tpm, {.meter = 7}), PolicyFor(tpm), kAppraisalTime);
  ASSERT_EQ(FailedCheck(with), "");
  EXPECT_EQ(with->meter, (MeterPin{tpm::MeterCounterIndex("Northlight", "AAAAAAAAAAAAAAAAAAAAAA"), 7}));
}

INSTANTIATE_TEST_SUITE_P(Appraisal, EachEk,
                         ::testing::Values(EkTemplate::kRsa2048, EkTemplate::kEccP256, EkTemplate::kEccP384));

struct ClassCase {
  EkRootClass root_class;
  AssuranceClass assurance;
};
class RootClass : public ::testing::TestWithParam<ClassCase> {};

TEST_P(RootClass, GivesTheAssuranceClassAndNoOther) {
  SoftwareTpm tpm;
  ActivationRequest request = RequestOf(tpm);
  AppraisalPolicy policy = PolicyFor(tpm);
  policy.ek_roots = tpm.authority.Bundle(GetParam().root_class);
  for (AssuranceClass allowed : {AssuranceClass::kHwTpm, AssuranceClass::kVtpm, AssuranceClass::kHost}) {
    policy.assurance = {allowed};
    auto result = Appraise(request, policy, kAppraisalTime);
    EXPECT_EQ(FailedCheck(result), allowed == GetParam().assurance ? "" : "ek.assurance");
    if (result) {
      EXPECT_EQ(result->assurance, GetParam().assurance);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Appraisal, RootClass,
                         ::testing::Values(ClassCase{EkRootClass::kDiscrete, AssuranceClass::kHwTpm},
                                           ClassCase{EkRootClass::kFirmware, AssuranceClass::kHwTpm},
                                           ClassCase{EkRootClass::kPluton, AssuranceClass::kHwTpm},
                                           ClassCase{EkRootClass::kCloudVtpm, AssuranceClass::kVtpm}));

TEST(Appraisal, ASimulatorNeedsBothAllowSimulatorAndTheVtpmClass) {
  SoftwareTpm tpm;
  ActivationRequest request = RequestOf(tpm);
  AppraisalPolicy policy = PolicyFor(tpm);
  policy.ek_roots = tpm.authority.Bundle(EkRootClass::kSimulator);
  policy.assurance = {AssuranceClass::kVtpm};
  EXPECT_EQ(FailedCheck(Appraise(request, policy, kAppraisalTime)), "ek.simulator");
  policy.allow_simulator = true;
  auto result = Appraise(request, policy, kAppraisalTime);
  ASSERT_EQ(FailedCheck(result), "");
  EXPECT_EQ(result->assurance, AssuranceClass::kVtpm);
  policy.assurance = {AssuranceClass::kHwTpm};
  EXPECT_EQ(FailedCheck(Appraise(request, policy, kAppraisalTime)), "ek.assurance");
}

// Whoever issued the certificate, and under whatever root.
TEST(Appraisal, ASimulatorIsKnownByWhatItsCertificateSays) {
  struct {
    const char *manufacturer, *model;
  } cases[] = {{"id:00001014", "x"},
               {"id:49424D00", "x"},
               {"id:58595A20", "x"},
               {"id:53544D20", "swtpm"},
               {"id:53544D20", "SW   TPM"},
               {"id:4D534654", "xCG fTPM"},
               {"id:4D534654", "Microsoft TPM Simulator"}};
  SoftwareTpm tpm;
  for (const auto& c : cases) {
    RequestOptions options;
    options.lies.ek_certificate = [&](auto& spec) {
      spec.manufacturer = c.manufacturer, spec.model = c.model;
    };
    auto result = Appraise(RequestOf(tpm, options), PolicyFor(tpm), kAppraisalTime);
    EXPECT_EQ(FailedCheck(result), "ek.simulator") << c.manufacturer << " " << c.model;
  }
}

TEST(Appraisal, AnExpiredEkCertificateIsNotedNotRefused) {
  SoftwareTpm tpm;
  RequestOptions options;
  options.lies.ek_certificate = [](auto& spec) {
    spec.not_after = ParseTime("2024-01-01T00:00:00Z").value();
  };
  auto result = Appraise(RequestOf(tpm, options), PolicyFor(tpm), kAppraisalTime);
  ASSERT_EQ(FailedCheck(result), "");
  ASSERT_EQ(result->notes.size(), 1u);
  EXPECT_EQ(result->notes[0].name, "ek.expired");
}

TEST(Appraisal, AClockThatIsNotSafeIsNotedWhicheverAttestationSaysSo) {
  SoftwareTpm tpm;
  const auto not_safe = [](tpm::Attest& attest) { attest.clock.safe = false; };
  for (auto attest :
       {&testing::RequestLies::certify, &testing::RequestLies::gate, &testing::RequestLies::counter,
        &testing::RequestLies::quote, &testing::RequestLies::attest}) {
    RequestOptions options;
    options.lies.*attest = not_safe;
    auto result = Appraise(RequestOf(tpm, options), PolicyFor(tpm), kAppraisalTime);
    ASSERT_EQ(FailedCheck(result), "");
    ASSERT_EQ(result->notes.size(), 1u);
    EXPECT_EQ(result->notes[0].name, "attest.clock_not_safe");
  }
}

TEST(Appraisal, TheLedgersCounterMayStandAtAnyValueThatEveryJsonToolReads) {
  SoftwareTpm tpm;
  for (uint64_t value : {uint64_t{1}, uint64_t{kMaxNumber}}) {
    RequestOptions options;
    options.counter = value;
    auto result = Appraise(RequestOf(tpm, options), PolicyFor(tpm), kAppraisalTime);
    ASSERT_EQ(FailedCheck(result), "");
    EXPECT_EQ(result->ledger.base, static_cast<int64_t>(value));
  }
}

class WithoutCertificate : public ::testing::Test {
 protected:
  WithoutCertificate() {
    options_.lies.content = [](RequestContent& content) { content.ek_certificates.clear(); };
  }
  SoftwareTpm tpm_;
  RequestOptions options_;
};

TEST_F(WithoutCertificate, IsRefusedWithTheWaysOut) {
  auto result = Appraise(RequestOf(tpm_, options_), PolicyFor(tpm_), kAppraisalTime);
  ASSERT_EQ(FailedCheck(result), "ek.certificate");
  EXPECT_NE(result.error().advice.find(HexEncode(tpm_.ek.public_key().SpkiSha256())), std::string::npos);
}

TEST_F(WithoutCertificate, PassesWhenTheEkIsPinned) {
  AppraisalPolicy policy = PolicyFor(tpm_);
  policy.pinned_eks = {{tpm_.ek.public_key().SpkiSha256(), EkRootClass::kFirmware}};
  auto result = Appraise(RequestOf(tpm_, options_), policy, kAppraisalTime);
  ASSERT_EQ(FailedCheck(result), "");
  EXPECT_EQ(result->assurance, AssuranceClass::kHwTpm);
  EXPECT_EQ(result->notes.at(0).name, "ek.pinned");
}

TEST_F(WithoutCertificate, IsNotHelpedByThePinOfAnotherEk) {
  AppraisalPolicy policy = PolicyFor(tpm_);
  policy.pinned_eks = {{tpm_.ak.public_key().SpkiSha256(), EkRootClass::kFirmware}};
  EXPECT_EQ(FailedCheck(Appraise(RequestOf(tpm_, options_), policy, kAppraisalTime)), "ek.certificate");
}

TEST(Appraisal, FirmwareIsDeniedFromAndToInclusive) {
  SoftwareTpm tpm;
  ActivationRequest request = RequestOf(tpm);
  AppraisalPolicy policy = PolicyFor(tpm);
  policy.denied_firmware = {{"id:53544D20", tpm.firmware, tpm.firmware}};
  EXPECT_EQ(FailedCheck(Appraise(request, policy, kAppraisalTime)), "ek.firmware");
  policy.denied_firmware = {{"", 0, tpm.firmware}};
  EXPECT_EQ(FailedCheck(Appraise(request, policy, kAppraisalTime)), "ek.firmware");
  policy.denied_firmware = {
      {"", tpm.firmware + 1, UINT64_MAX}, {"", 0, tpm.firmware - 1}, {"id:494E5443", 0, UINT64_MAX}};
  EXPECT_EQ(FailedCheck(Appraise(request, policy, kAppraisalTime)), "");
}

TEST(Appraisal, AManufacturerCanBeDenied) {
  SoftwareTpm tpm;
  AppraisalPolicy policy = PolicyFor(tpm);
  policy.denied_manufacturers = {"id:53544D20"};
  EXPECT_EQ(FailedCheck(Appraise(RequestOf(tpm), policy, kAppraisalTime)), "ek.manufacturer");
}

TEST(Appraisal, AManufacturerIsDeniedInWhicheverCaseItIsWritten) {
  SoftwareTpm tpm;
  AppraisalPolicy policy = PolicyFor(tpm);
  policy.denied_manufacturers = {"id:53544d20"};
  EXPECT_EQ(FailedCheck(Appraise(RequestOf(tpm), policy, kAppraisalTime)), "ek.manufacturer");
  policy.denied_manufacturers.clear();
  policy.denied_firmware = {{"id:53544d20", 0, UINT64_MAX}};
  EXPECT_EQ(FailedCheck(Appraise(RequestOf(tpm), policy, kAppraisalTime)), "ek.firmware");
}

TEST(Appraisal, APinDoesNotHelpAgainstWhatItsCertificateSaysOfTheMaker) {
  SoftwareTpm tpm;
  AppraisalPolicy policy = PolicyFor(tpm);
  policy.pinned_eks = {{tpm.ek.public_key().SpkiSha256(), EkRootClass::kDiscrete}};
  policy.ek_roots.roots.clear();
  const ActivationRequest request = RequestOf(tpm);
  EXPECT_EQ(FailedCheck(Appraise(request, policy, kAppraisalTime)), "");
  policy.denied_firmware = {{"id:53544D20", 0, UINT64_MAX}};
  EXPECT_EQ(FailedCheck(Appraise(request, policy, kAppraisalTime)), "ek.firmware");
  policy.denied_manufacturers = {"id:53544D20"};
  EXPECT_EQ(FailedCheck(Appraise(request, policy, kAppraisalTime)), "ek.manufacturer");
}

// The class of a pinned EK is the vendor's word: a cloud's virtual TPM may call itself what simulators do.
TEST(Appraisal, APinnedEkIsOfTheClassThatItWasPinnedWith) {
  SoftwareTpm tpm;
  RequestOptions options;
  options.lies.ek_certificate = [](auto& spec) { spec.model = "xCG fTPM"; };
  AppraisalPolicy policy = PolicyFor(tpm);
  policy.pinned_eks = {{tpm.ek.public_key().SpkiSha256(), EkRootClass::kCloudVtpm}};
  policy.assurance = {AssuranceClass::kVtpm};
  EXPECT_EQ(FailedCheck(Appraise(RequestOf(tpm, options), policy, kAppraisalTime)), "");
}

}  // namespace
}  // namespace holdfast
