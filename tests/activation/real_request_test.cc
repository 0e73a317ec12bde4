// A request that the agent's own code makes with a (software) TPM, appraised by the vendor's, and the
// credential opened again: both sides on one wire, for each kind of EK.
#include <gtest/gtest.h>

#include <fstream>

#include "agent/tpm/tpm.h"
#include "protocol/armor.h"
#include "protocol/crypto/random.h"
#include "protocol/product_key.h"
#include "signer/server/verifier/ledger.h"
#include "signer/server/verifier/make_credential.h"
#include "tests/testing/swtpm.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/tpm_encoding.h"

namespace holdfast {
namespace {

using testing::ShellResult;
using testing::SwTpm;
using tpm::EkTemplate;

constexpr char kVendor[] = "Northlight", kProduct[] = "studio";
const Time kNow = ParseTime("2026-11-22T12:00:00Z").value();
const Bytes kSeed(32, 0x5e);

template <class T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().check + ": " + result.error().message);
  return std::move(*result);
}

RequestContent ContentFor(Tpm& tpm, const KeySet& keys) {
  RequestContent content;
  content.product_key_id = "AAAAAAAAAAAAAAAAAAAAAA";
  content.vendor = kVendor;
  content.product = kProduct;
  content.created = kNow;
  content.agent_version = "0.1.0";
  content.ek_public = keys.ek_public, content.srk_public = keys.srk_public;
  content.ak_public = keys.ak_public, content.license_key_public = keys.license_key_public;
  content.gate_public = Must(tpm.GatePublic(keys));
  content.ek_certificates = Must(tpm.EkCertificates(keys));
  return content;
}

ActivationRequest Sign(Tpm& tpm, const KeySet& keys, const std::string& text, const Sha256Digest& hash,
                       const RequestEvidence& evidence) {
  Bytes possession = Must(ProvePossession(Secret::CopyOf(kSeed), hash));
  Bytes payload = RequestPayload(text, evidence, possession);
  std::string input = JwsSigningInput(MessageType::kRequest, SignatureAlgorithm::kEcdsaSha256, {}, payload);
  return Must(ParseRequest(FinishJws(input, Must(tpm.Sign(keys, Sha256(AsBytes(input)))))));
}

ActivationRequest RequestBy(Tpm& tpm, const KeySet& keys) {
  std::string text = FormatRequestContent(ContentFor(tpm, keys));
  Sha256Digest hash = RequestContentHash(text);
  return Sign(tpm, keys, text, hash, Must(tpm.Attest(keys, hash)));
}

class RealRequest : public ::testing::TestWithParam<EkTemplate> {
 protected:
  RealRequest() : swtpm_(SwTpm::Start(dir_.path() / "tpm")) {
    // The agent prefers P-256, then P-384: others come to their turn when those have no certificate.
    if (GetParam() != EkTemplate::kEccP256) Administer("tpm2_nvundefine -C platform 0x01c0000a");
    if (GetParam() == EkTemplate::kRsa2048) Administer("tpm2_nvundefine -C platform 0x01c00016");
    tpm_ = Must(Tpm::Open(swtpm_->tcti()));
    keys_ = Must(tpm_->CreateKeys(tpm::GateIndex(kVendor, kProduct)));
    policy_.vendor = kVendor;
    policy_.product = kProduct;
    policy_.possession_key = Must(PossessionPublicKey(Secret::CopyOf(kSeed)));
    policy_.assurance = {AssuranceClass::kVtpm};
    policy_.allow_simulator = true;
    policy_.ek_roots = {.version = 1, .roots = TestCa()};
  }

  void Administer(const std::string& commands) {
    ShellResult ran = swtpm_->Tools(commands);
    if (ran.status != 0) throw std::runtime_error(ran.output);
  }

  // Root and issuing CA of swtpm_localca.
  std::vector<EkRoot> TestCa() {
    std::vector<EkRoot> roots;
    std::ifstream in(swtpm_->ca_chain());
    std::string text{std::istreambuf_iterator<char>(in), {}};
    for (ArmorBlock& block : Must(ParseArmor(text)))
      roots.push_back({EkRootClass::kSimulator, "swtpm", std::move(block.content)});
    return roots;
  }

  testing::TempDir dir_;
  std::unique_ptr<SwTpm> swtpm_;
  std::unique_ptr<Tpm> tpm_;
  KeySet keys_;
  AppraisalPolicy policy_;
};

TEST_P(RealRequest, IsAppraisedAndItsCredentialOpens) {
  ActivationRequest request = RequestBy(*tpm_, keys_);
  AttestationResult result = Must(Appraise(request, policy_, kNow));
  EXPECT_EQ(result.ek_template, GetParam());
  EXPECT_EQ(result.assurance, AssuranceClass::kVtpm);
  EXPECT_EQ(result.ek.manufacturer, "id:00001014");
  EXPECT_EQ(result.gate_base, keys_.gate_base);

  Secret secret = RandomSecret(32);
  Bytes credential = Must(MakeCredential(result.ek_public, result.license_key_name, secret));
  EXPECT_TRUE(Must(tpm_->ActivateCredential(keys_, credential)).Equals(secret));
}

TEST_P(RealRequest, IsRefusedWhereSimulatorsAre) {
  ActivationRequest request = RequestBy(*tpm_, keys_);
  policy_.allow_simulator = false;
  EXPECT_EQ(Appraise(request, policy_, kNow).error().check, "ek.simulator");
}

TEST_P(RealRequest, TwoOfOneTpmStandInTheLedgerSideBySide) {
  ActivationRequest first = RequestBy(*tpm_, keys_), second = RequestBy(*tpm_, keys_);
  EkSighting before = SightingOf(first, Must(Appraise(first, policy_, kNow)));
  EkSighting now = SightingOf(second, Must(Appraise(second, policy_, kNow)));
  now.content_hash[0] ^= 1;  // the same content here: let it count as another
  EXPECT_TRUE(Must(CheckLedger({&before, 1}, now)).empty());
}

// decisions/0024: attestations forged in software around the TPM's real license key. What the license is bound to is
// real nevertheless.
TEST_P(RealRequest, AnAkInSoftwareIsNotFoundOutWhileTheCredentialNamesTheLicenseKey) {
  testing::TpmKey software = testing::TpmKey::Generate(KeyType::kEcP256);
  RequestContent content = ContentFor(*tpm_, keys_);
  content.ak_public = testing::PublicArea(tpm::AkTemplateBytes(), software.public_key());
  std::string text = FormatRequestContent(content);
  Sha256Digest hash = RequestContentHash(text);

  RequestEvidence evidence = Must(tpm_->Attest(keys_, hash));
  tpm::Name ek = tpm::QualifiedName(tpm::kEndorsement, NameOf(Must(tpm::ParsePublic(content.ek_public))));
  tpm::Name ak = tpm::QualifiedName(ek, NameOf(Must(tpm::ParsePublic(content.ak_public))));
  for (SignedAttest* forged : {&evidence.certify, &evidence.gate, &evidence.quote}) {
    tpm::Attest attest = Must(tpm::ParseAttest(forged->attest));
    attest.qualified_signer = ak;
    attest.firmware = 0x7777;
    forged->attest = testing::EncodeAttest(attest);
    forged->signature = testing::SignAttest(software, forged->attest);
  }
  AttestationResult result = Must(Appraise(Sign(*tpm_, keys_, text, hash, evidence), policy_, kNow));
  EXPECT_EQ(result.firmware, 0x7777u);

  Secret secret = RandomSecret(32);
  EXPECT_TRUE(Must(tpm_->ActivateCredential(
                       keys_, Must(MakeCredential(result.ek_public, result.license_key_name, secret))))
                  .Equals(secret));
}

INSTANTIATE_TEST_SUITE_P(EachEk, RealRequest,
                         ::testing::Values(EkTemplate::kRsa2048, EkTemplate::kEccP256, EkTemplate::kEccP384));

}  // namespace
}  // namespace holdfast
