// Return proofs: one that is as it should be, and at least one lie for each check, with everything else right.
#include "signer/server/verifier/return_appraisal.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "protocol/byte_cursor.h"
#include "protocol/tpm/templates.h"
#include "tests/testing/pki.h"
#include "tests/testing/tpm_encoding.h"

namespace holdfast {
namespace {

using testing::EncodeAttest;
using testing::PublicArea;
using testing::SignAttest;
using testing::TpmKey;

constexpr uint64_t kBase = 5;

// A host that returns a license, and what its vendor knows. A test changes one thing before Proof() is called.
struct Scene {
  Scene() {
    CertificateFields fields = pki.LicenseFields(testing::TestPki::Terms());
    fields.subject_spki = license_key.public_key().spki();
    certificate = pki.IssueLicense(fields).der();
    ek_area = PublicArea(tpm::EkTemplateBytes(tpm::EkTemplate::kEccP256), ek.public_key());
    ak_area = PublicArea(tpm::AkTemplateBytes(), ak.public_key());
    const tpm::Name ek_name = NameOf(ek_area);
    statement = {.vendor = "Northlight",
                 .product = "studio",
                 .license = "L-1",
                 .serial = fields.serial,
                 .certificate = Sha256(certificate),
                 .created = testing::kPkiNow,
                 .agent_version = "0.1.0",
                 .gate = ReturnedGate{tpm::GateIndex("Northlight", "studio"), kBase}};
    expected = {.vendor = "Northlight",
                .product = "studio",
                .license = "L-1",
                .certificate = certificate,
                .ek_name = ek_name,
                .ak_public = ak_area,
                .gate_index = statement.gate->index,
                .gate_base = kBase,
                .nonce = {}};
    attest.qualified_signer =
        tpm::QualifiedName(tpm::QualifiedName(tpm::kEndorsement, ek_name), NameOf(ak_area));
    attest.clock = {1000, 2, 3, true};
    attest.firmware = 7;
    attest.attested = tpm::NvCertifyInfo{tpm::NameOf(tpm::GatePublic(statement.gate->index)), 0,
                                         Writer().U64(kBase + 1).Take()};
  }

  static tpm::Name NameOf(const Bytes& area) { return tpm::NameOf(tpm::ParsePublic(area).value()); }
  tpm::NvCertifyInfo& nv() { return std::get<tpm::NvCertifyInfo>(attest.attested); }

  ReturnProof Proof() {
    const std::string input = JwsSigningInput(MessageType::kReturn, SignatureAlgorithm::kEcdsaSha256, {},
                                              FormatReturnStatement(statement));
    const TpmKey& by = signer ? *signer : license_key;
    ReturnProof proof;
    proof.statement = ParseReturnStatement(FinishJws(input, by.SignSha256(AsBytes(input)))).value();
    proof.nonce = nonce;
    if (!statement.gate) return proof;
    attest.extra_data = ToBytes(ReturnQualifyingData(proof.statement.compact, proof.nonce));
    if (lie) lie(attest);
    const Bytes octets = EncodeAttest(attest);
    proof.gate = SignedAttest{octets, SignAttest(ak_signer ? *ak_signer : ak, octets)};
    return proof;
  }
  std::string Check() {
    auto result = AppraiseReturn(Proof(), expected);
    return result ? "" : result.error().check;
  }

  testing::TestPki pki;
  TpmKey license_key = TpmKey::Generate(KeyType::kEcP256), ek = TpmKey::Generate(KeyType::kEcP256),
         ak = TpmKey::Generate(KeyType::kEcP256), software = TpmKey::Generate(KeyType::kEcP256);
  Bytes certificate, ek_area, ak_area, nonce;
  ReturnStatement statement;
  ReturnExpectation expected;
  tpm::Attest attest;
  const TpmKey *signer = nullptr, *ak_signer = nullptr;
  std::function<void(tpm::Attest&)> lie;  // after the qualifying data is there
};

struct Lie {
  const char* name;
  const char* check;
  std::function<void(Scene&)> tell;
};

const std::vector<Lie>& Lies() {
  static const std::vector<Lie> lies{
      {"AnotherVendor", "return.vendor", [](Scene& s) { s.statement.vendor = "Somebody"; }},
      {"AnotherLicense", "return.license", [](Scene& s) { s.statement.license = "L-2"; }},
      {"AnotherProduct", "return.license", [](Scene& s) { s.statement.product = "render"; }},
      // A request whose AK was forged in software is answered, but its answer never opens (decisions/0024).
      {"CertificateNeverSeen", "return.certificate", [](Scene& s) { s.statement.certificate = {}; }},
      {"CertificateOfAnotherActivation", "return.certificate",
       [](Scene& s) { s.expected.certificate.push_back(0); }},
      {"SignedByAnotherKey", "return.signature", [](Scene& s) { s.signer = &s.software; }},
      {"SignedByTheAk", "return.signature", [](Scene& s) { s.signer = &s.ak; }},
      {"PromiseInPlaceOfAProof", "return.class", [](Scene& s) { s.statement.gate.reset(); }},
      {"ProofInPlaceOfAPromise", "return.class",
       [](Scene& s) { s.expected.assurance = AssuranceClass::kHost; }},
      {"NoAttestationKeyKept", "return.attestation_key", [](Scene& s) { s.expected.ak_public.clear(); }},
      {"AttestedInSoftware", "return.attest_signature", [](Scene& s) { s.ak_signer = &s.software; }},
      {"AttestedByTheLicenseKey", "return.attest_signature", [](Scene& s) { s.ak_signer = &s.license_key; }},
      {"QuoteInPlaceOfNvCertify", "return.attest_type",
       [](Scene& s) {
         s.attest.attested = tpm::QuoteInfo{{{tpm::Alg::kSha256, kQuotedPcrMask}}, Bytes(32, 1)};
       }},
      {"CertifyInPlaceOfNvCertify", "return.attest_type",
       [](Scene& s) {
         s.attest.attested = tpm::CertifyInfo{Bytes(34, 1), Bytes(34, 2)};
       }},
      {"AkUnderAnotherEk", "return.qualified_signer",
       [](Scene& s) { s.attest.qualified_signer.back() ^= 1; }},
      {"AkInTheOwnerHierarchy", "return.qualified_signer",
       [](Scene& s) {
         s.attest.qualified_signer = tpm::QualifiedName(tpm::QualifiedName(tpm::kOwner, s.expected.ek_name),
                                                        Scene::NameOf(s.ak_area));
       }},
      {"EkOfAnotherTpm", "return.qualified_signer", [](Scene& s) { s.expected.ek_name.back() ^= 1; }},
      {"AttestForAnotherStatement", "return.qualifying_data",
       [](Scene& s) { s.lie = [](tpm::Attest& a) { a.extra_data[0] ^= 1; }; }},
      {"NoQualifyingData", "return.qualifying_data",
       [](Scene& s) { s.lie = [](tpm::Attest& a) { a.extra_data.clear(); }; }},
      {"AnotherGate", "return.gate_base", [](Scene& s) { s.statement.gate->index ^= 1; }},
      {"AnotherBase", "return.gate_base", [](Scene& s) { s.statement.gate->base = 1; }},
      {"AnotherIndexAttested", "return.gate_name",
       [](Scene& s) { s.nv().index_name = tpm::NameOf(tpm::GatePublic(s.statement.gate->index ^ 1)); }},
      {"IndexThatIsNoCounter", "return.gate_name",
       [](Scene& s) {
         tpm::NvPublic ordinary = tpm::GatePublic(s.statement.gate->index);
         ordinary.attributes &= ~0x10u;  // nt = ORDINARY: it can be written back to any value
         s.nv().index_name = tpm::NameOf(ordinary);
       }},
      {"IndexNeverWritten", "return.gate_name",
       [](Scene& s) {
         tpm::NvPublic fresh = tpm::GatePublic(s.statement.gate->index);
         fresh.attributes &= ~tpm::kWritten;
         s.nv().index_name = tpm::NameOf(fresh);
       }},
      {"LowerHalfOfTheValue", "return.gate_contents",
       [](Scene& s) { s.nv().offset = 4, s.nv().contents = Writer().U32(6).Take(); }},
      {"ValueAtAnOffset", "return.gate_contents", [](Scene& s) { s.nv().offset = 1; }},
      {"LongerThanTheValue", "return.gate_contents", [](Scene& s) { s.nv().contents.push_back(0); }},
      {"NoValue", "return.gate_contents", [](Scene& s) { s.nv().contents.clear(); }},
      {"NotMoved", "return.gate_value", [](Scene& s) { s.nv().contents = Writer().U64(kBase).Take(); }},
      {"BelowTheBase", "return.gate_value",
       [](Scene& s) { s.nv().contents = Writer().U64(kBase - 1).Take(); }},
      {"WithoutTheNonceThatIsOut", "return.nonce_match", [](Scene& s) { s.expected.nonce = Bytes(32, 9); }},
      {"WithANonceThatNobodyGave", "return.nonce_match", [](Scene& s) { s.nonce = Bytes(32, 9); }},
      {"WithAnotherNonce", "return.nonce_match",
       [](Scene& s) { s.nonce = Bytes(32, 9), s.expected.nonce = Bytes(32, 8); }},
  };
  return lies;
}

TEST(ReturnAppraisalTest, AGoodProofPassesAndSaysWhatItShows) {
  Scene scene;
  auto result = AppraiseReturn(scene.Proof(), scene.expected);
  ASSERT_TRUE(result) << result.error().check << ": " << result.error().message;
  EXPECT_EQ(result->gate_value, kBase + 1);
  EXPECT_EQ(result->clock.clock_ms, 1000u);
  EXPECT_EQ(result->clock.reset_count, 2u);
}

TEST(ReturnAppraisalTest, AGoodProofForANoncePasses) {
  Scene scene;
  scene.nonce = scene.expected.nonce = Bytes(32, 9);
  EXPECT_EQ(scene.Check(), "");
}

TEST(ReturnAppraisalTest, ANonceAddedToAnOlderProofIsSeen) {
  Scene scene;
  ReturnProof proof = scene.Proof();
  proof.nonce = scene.expected.nonce = Bytes(32, 9);
  EXPECT_EQ(AppraiseReturn(proof, scene.expected).error().check, "return.qualifying_data");
}

TEST(ReturnAppraisalTest, AGateFarBeyondItsBasePasses) {
  Scene scene;
  scene.nv().contents = Writer().U64(UINT64_MAX).Take();
  EXPECT_EQ(scene.Check(), "");
}

TEST(ReturnAppraisalTest, APromiseOfAHostWithoutATpmProvesNothing) {
  Scene scene;
  scene.statement.gate.reset();
  scene.expected.assurance = AssuranceClass::kHost;
  auto result = AppraiseReturn(scene.Proof(), scene.expected);
  ASSERT_TRUE(result) << result.error().check;
  EXPECT_EQ(result->gate_value, 0u);
}

TEST(ReturnAppraisalTest, EachLieIsSeenByTheCheckOfItsName) {
  for (const Lie& lie : Lies()) {
    Scene scene;
    ASSERT_EQ(scene.Check(), "") << lie.name;
    Scene liar;
    lie.tell(liar);
    EXPECT_EQ(liar.Check(), lie.check) << lie.name;
  }
}

TEST(ReturnAppraisalTest, EachCheckHasALie) {
  std::set<std::string_view> told;
  for (const Lie& lie : Lies()) told.insert(lie.check);
  const auto names = ReturnCheckNames();
  EXPECT_EQ(told, std::set<std::string_view>(names.begin(), names.end()));
}

TEST(ReturnAppraisalTest, WhatIsNoAttestationIsMalformed) {
  Scene scene;
  ReturnProof proof = scene.Proof();
  proof.gate->attest[0] ^= 1;  // the magic
  EXPECT_EQ(AppraiseReturn(proof, scene.expected).error().check, "tpm.attest.magic");
  proof = scene.Proof();
  proof.gate->signature.pop_back();
  EXPECT_EQ(AppraiseReturn(proof, scene.expected).error().kind, ErrorKind::kMalformed);
}

TEST(ReturnAppraisalTest, NoFlippedBitOfTheTpmsWordPasses) {
  Scene scene;
  const ReturnProof good = scene.Proof();
  for (size_t i = 0; i < 8 * good.gate->attest.size(); i++) {
    ReturnProof bad = good;
    bad.gate->attest[i / 8] ^= static_cast<uint8_t>(1 << i % 8);
    EXPECT_FALSE(AppraiseReturn(bad, scene.expected)) << i;
  }
  for (size_t i = 0; i < 8 * good.gate->signature.size(); i++) {
    ReturnProof bad = good;
    bad.gate->signature[i / 8] ^= static_cast<uint8_t>(1 << i % 8);
    EXPECT_FALSE(AppraiseReturn(bad, scene.expected)) << i;
  }
}

}  // namespace
}  // namespace holdfast
