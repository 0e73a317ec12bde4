// What activation needs of the TPM, under each kind of EK.
#include "agent/tpm/ek_certificates.h"
#include "protocol/crypto/random.h"
#include "tests/agent/tpm/fixture.h"

namespace holdfast::testing {
namespace {

using tpm::EkTemplate;

class ActivationTest : public TpmTest, public ::testing::WithParamInterface<EkTemplate> {
 protected:
  void SetUp() override {
    TpmTest::SetUp();
    KeepOnlyEk(GetParam());
    keys_ = Keys();
  }
  tpm::Public Parsed(const Bytes& area) { return *tpm::ParsePublic(area); }
  // Parses an attest and verifies it under the AK.
  tpm::Attest Verified(const SignedAttest& attest) {
    PublicKey ak = *tpm::KeyOf(Parsed(keys_.ak_public));
    tpm::Signature signature = *tpm::ParseSignature(attest.signature);
    EXPECT_TRUE(ak.Verify(SignatureAlgorithm::kEcdsaSha256, attest.attest, signature.raw, EcdsaForm::kRaw));
    tpm::Attest parsed = *tpm::ParseAttest(attest.attest);
    EXPECT_TRUE(Equal(parsed.extra_data, kQualifyingData));
    return parsed;
  }
  KeySet keys_;
};

TEST_P(ActivationTest, ChoosesTheEkThatHasACertificate) {
  EXPECT_EQ(keys_.ek, GetParam());
  EXPECT_EQ(tpm::MatchEk(Parsed(keys_.ek_public)), GetParam());
  auto certificates = tpm_->EkCertificates(keys_);
  ASSERT_TRUE(certificates) << certificates.error().message;
  ASSERT_EQ(certificates->size(), 1u);
  EXPECT_TRUE(tpm::NamesKey(certificates->front(), keys_.ek_public));
}

TEST_P(ActivationTest, MakesKeysByTheTemplates) {
  EXPECT_TRUE(tpm::MatchesSrk(Parsed(keys_.srk_public)));
  EXPECT_TRUE(tpm::MatchesAk(Parsed(keys_.ak_public)));
  EXPECT_TRUE(tpm::MatchesLicenseKey(Parsed(keys_.license_key_public)));
  EXPECT_TRUE(Equal(Parsed(keys_.license_key_public).auth_policy,
                    tpm::GatePolicy(tpm::NameOf(tpm::GatePublic(kGate)), keys_.gate_base)));
}

TEST_P(ActivationTest, AttestsKeyGateCounterAndPcrs) {
  auto evidence = tpm_->Attest(keys_, Counter(), kQualifyingData);
  ASSERT_TRUE(evidence) << evidence.error().message;
  tpm::Name ek = tpm::NameOf(Parsed(keys_.ek_public)), ak = tpm::NameOf(Parsed(keys_.ak_public));
  tpm::Name srk = tpm::NameOf(Parsed(keys_.srk_public)), key = tpm::NameOf(Parsed(keys_.license_key_public));

  tpm::Attest certify = Verified(evidence->certify);
  EXPECT_EQ(certify.qualified_signer, tpm::QualifiedName(tpm::QualifiedName(tpm::kEndorsement, ek), ak));
  EXPECT_EQ(std::get<tpm::CertifyInfo>(certify.attested).name, key);
  EXPECT_EQ(std::get<tpm::CertifyInfo>(certify.attested).qualified_name,
            tpm::QualifiedName(tpm::QualifiedName(tpm::kOwner, srk), key));

  auto gate = std::get<tpm::NvCertifyInfo>(Verified(evidence->gate).attested);
  EXPECT_EQ(gate.index_name, tpm::NameOf(*tpm::ParseNvPublic(*tpm_->GatePublic(keys_))));
  EXPECT_EQ(gate.contents, Writer().U64(keys_.gate_base).bytes());

  auto counter = std::get<tpm::NvCertifyInfo>(Verified(evidence->counter).attested);
  EXPECT_EQ(counter.index_name, tpm::NameOf(tpm::GatePublic(tpm::kLedgerCounterIndex)));
  EXPECT_EQ(counter.offset, 0);
  EXPECT_EQ(counter.contents, Writer().U64(first_count_).bytes());

  auto quote = std::get<tpm::QuoteInfo>(Verified(evidence->quote).attested);
  Bytes values;
  for (const auto& [pcr, value] : evidence->pcrs) Append(values, value);
  EXPECT_EQ(evidence->pcrs.size(), 8u);
  EXPECT_TRUE(Equal(quote.digest, Sha256(values)));
}

TEST_P(ActivationTest, OpensWhatIsSealedToTheAk) {
  Bytes secret = RandomBytes(32);
  Bytes credential = Credential(keys_, secret);
  auto opened = tpm_->ActivateCredential(keys_, credential);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_TRUE(Equal(opened->Reveal(), secret));
}

TEST_P(ActivationTest, SignsUnderTheGate) {
  auto signature = tpm_->Sign(keys_, kDigest);
  ASSERT_TRUE(signature) << signature.error().message;
  PublicKey key = *tpm::KeyOf(Parsed(keys_.license_key_public));
  EXPECT_TRUE(key.VerifyDigest(SignatureAlgorithm::kEcdsaSha256, kDigest, *signature, EcdsaForm::kRaw));
}

TEST_P(ActivationTest, KeysSurviveARebootAndTheStateFile) {
  Bytes credential = Credential(keys_, Bytes(32, 7));
  auto json = ParseJson(FormatKeySet(keys_), 16384);
  ASSERT_TRUE(json);
  auto keys = ParseKeySet(*json);
  ASSERT_TRUE(keys) << keys.error().message;
  tpm_->Release();
  swtpm_->Reboot();
  EXPECT_TRUE(tpm_->Attest(*keys, Counter(), kQualifyingData));
  EXPECT_TRUE(tpm_->ActivateCredential(*keys, credential));
  EXPECT_TRUE(tpm_->Sign(*keys, kDigest));
}

TEST_P(ActivationTest, LeavesNothingInTheTpm) {
  Bytes credential = Credential(keys_, Bytes(32, 7));
  ASSERT_TRUE(tpm_->EkCertificates(keys_));
  ASSERT_TRUE(tpm_->Attest(keys_, Counter(), kQualifyingData));
  ASSERT_TRUE(tpm_->ActivateCredential(keys_, credential));
  ASSERT_TRUE(tpm_->Sign(keys_, kDigest));
  tpm_->Release();
  EXPECT_EQ(swtpm_->Tools("tpm2_getcap handles-transient; tpm2_getcap handles-loaded-session").output, "");
}

INSTANTIATE_TEST_SUITE_P(EachEk, ActivationTest,
                         ::testing::Values(EkTemplate::kEccP256, EkTemplate::kEccP384, EkTemplate::kRsa2048),
                         [](const auto& info) {
                           return info.param == EkTemplate::kEccP256   ? "P256"
                                  : info.param == EkTemplate::kEccP384 ? "P384"
                                                                       : "Rsa2048";
                         });

}  // namespace
}  // namespace holdfast::testing
