// A request that the agent's own code makes with a (software) TPM, appraised by the vendor's, and the
// credential opened again: both sides on one wire, for each kind of EK.
#include "tests/activation/real_request.h"

#include "protocol/crypto/random.h"
#include "signer/server/verifier/ledger.h"
#include "signer/server/verifier/make_credential.h"

namespace holdfast {
namespace {

TEST_P(RealRequest, IsAppraisedAndItsCredentialOpens) {
  ActivationRequest request = RequestBy(*tpm_, keys_, counter_);
  AttestationResult result = Must(Appraise(request, policy_, kNow));
  EXPECT_EQ(result.ek_template, GetParam());
  EXPECT_EQ(result.assurance, AssuranceClass::kVtpm);
  EXPECT_EQ(result.ek.manufacturer, "id:00001014");
  EXPECT_EQ(result.gate_base, keys_.gate_base);
  EXPECT_EQ(result.ledger, (LedgerPin{counter_.index, static_cast<int64_t>(first_count_)}));

  Secret secret = RandomSecret(32);
  Bytes credential = Must(MakeCredential(result.ek_public, result.ak_name, secret));
  EXPECT_TRUE(Must(tpm_->ActivateCredential(keys_, credential)).Equals(secret));
}

TEST_P(RealRequest, IsRefusedWhereSimulatorsAre) {
  ActivationRequest request = RequestBy(*tpm_, keys_, counter_);
  policy_.allow_simulator = false;
  EXPECT_EQ(Appraise(request, policy_, kNow).error().check, "ek.simulator");
}

TEST_P(RealRequest, ATpmThatCanCountAHardMeterSaysWhereItsCounterStands) {
  const std::string text = FormatRequestContent(ContentFor(*tpm_, keys_));
  const Sha256Digest hash = RequestContentHash(text);
  const uint32_t index = tpm::MeterCounterIndex(kVendor, "AAAAAAAAAAAAAAAAAAAAAA");
  const auto base = Must(tpm_->PrepareMeter(index));
  ASSERT_TRUE(base);
  RequestEvidence evidence = Must(tpm_->Attest(keys_, counter_, hash));
  evidence.meter = Must(tpm_->AttestMeter(keys_, index, hash));
  const AttestationResult result = Must(Appraise(Sign(*tpm_, keys_, text, hash, evidence), policy_, kNow));
  EXPECT_EQ(result.meter, (MeterPin{index, static_cast<int64_t>(*base)}));
}

// What keeps a deleted ledger from passing for a new one: who starts anew starts above every license's pin.
TEST_P(RealRequest, ACounterThatIsMadeAnewBeginsAboveThePin) {
  const AttestationResult before = Must(Appraise(RequestBy(*tpm_, keys_, counter_), policy_, kNow));
  tpm_->Release();
  Administer("tpm2_nvundefine -C owner 0x01a00000");
  const uint64_t anew = Must(tpm_->CreateCounter(counter_));
  EXPECT_GT(static_cast<int64_t>(anew), before.ledger.base);
  const AttestationResult after = Must(Appraise(RequestBy(*tpm_, keys_, counter_), policy_, kNow));
  EXPECT_EQ(after.ledger.base, static_cast<int64_t>(anew));
}

TEST_P(RealRequest, TwoOfOneTpmStandInTheLedgerSideBySide) {
  ActivationRequest first = RequestBy(*tpm_, keys_, counter_), second = RequestBy(*tpm_, keys_, counter_);
  EkSighting before = SightingOf(first, Must(Appraise(first, policy_, kNow)));
  EkSighting now = SightingOf(second, Must(Appraise(second, policy_, kNow)));
  now.content_hash[0] ^= 1;  // the same content here: let it count as another
  EXPECT_TRUE(Must(CheckLedger({&before, 1}, now)).empty());
}

INSTANTIATE_TEST_SUITE_P(EachEk, RealRequest, EachEk());

}  // namespace
}  // namespace holdfast
