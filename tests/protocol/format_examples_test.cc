// The files in docs/examples/activation, which docs/formats.md explains, are still what our code reads, and still belong together.
#include <gtest/gtest.h>

#include "certs/ek_certificate.h"
#include "certs/path.h"
#include "protocol/answer.h"
#include "protocol/armor.h"
#include "protocol/byte_cursor.h"
#include "protocol/heartbeat_answer.h"
#include "protocol/heartbeat_report.h"
#include "protocol/platform/files.h"
#include "protocol/product_key.h"
#include "protocol/request.h"
#include "protocol/return_nonce.h"
#include "protocol/return_proof.h"
#include "protocol/terms.h"
#include "protocol/time_answer.h"
#include "protocol/tpm/structures.h"
#include "protocol/tpm/templates.h"

namespace holdfast {
namespace {

std::string Example(const char* name) {
  auto content = ReadFile(Path(HOLDFAST_SOURCE_DIR "/docs/examples/activation") / name, kMaxFileSize);
  return content ? std::string(AsText(*content)) : std::string();
}

std::string Line(const char* name) {
  std::string text = Example(name);
  if (!text.empty()) text.pop_back();
  return text;
}

PublicKey MessageKey() {
  return PublicKey::FromSpki(ParseArmor(Example("message-key.pem"))->front().content).value();
}

LedgerPin AttestedPin(const ActivationRequest& request) {
  const tpm::NvPublic counter = tpm::ParseNvPublic(request.content.counter_public).value();
  const tpm::Attest attest = tpm::ParseAttest(request.evidence.counter.attest).value();
  const auto& attested = std::get<tpm::NvCertifyInfo>(attest.attested);
  EXPECT_EQ(attested.index_name, NameOf(counter));
  return {counter.index, static_cast<int64_t>(Reader(attested.contents).U64())};
}

TEST(FormatExamplesTest, TheTermsAreThePlanOfTheProductFilePinnedToTheLedgerOfTheRequest) {
  const ProductFile product = ParseProductFile(Example("product.json")).value();
  const LedgerPin pin = AttestedPin(ReadRequestFile(Example("request.txt")).value());
  const LicenseTerms terms = ResolvePlan(product.plans.at("standard"), {"L-0001",
                                                                        "Example Vendor",
                                                                        "editor",
                                                                        "standard",
                                                                        *ParseTime("2026-11-22T06:00:00Z"),
                                                                        AssuranceClass::kHwTpm,
                                                                        {},
                                                                        pin});
  EXPECT_EQ(FormatTerms(terms), Example("terms.json"));
}

TEST(FormatExamplesTest, TheProductKeyIsSignedByTheMessageKey) {
  auto key = ParseProductKey(Line("product-key.txt"));
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(key->claims.product, "editor");
  EXPECT_TRUE(VerifyJws(*ParseJws(key->jwt.RevealText(), MessageType::kProductKey), MessageKey()));
}

TEST(FormatExamplesTest, TheRequestIsSignedByItsLicenseKeyAndMadeWithTheProductKey) {
  auto request = ReadRequestFile(Example("request.txt"));
  ASSERT_TRUE(request) << request.error().message;
  const tpm::Public license_key = tpm::ParsePublic(request->content.license_key_public).value();
  EXPECT_TRUE(VerifyJws(request->jws, *KeyOf(license_key)));
  const ProductKey key = ParseProductKey(Line("product-key.txt")).value();
  EXPECT_EQ(request->content.product_key_id, key.claims.id);
  EXPECT_TRUE(
      VerifyPossession(*PossessionPublicKey(key.claims.seed), request->content_hash, request->possession));
}

TEST(FormatExamplesTest, EveryAttestIsSignedByTheAkOverTheContentHash) {
  const ActivationRequest request = ReadRequestFile(Example("request.txt")).value();
  const PublicKey ak = KeyOf(*tpm::ParsePublic(request.content.ak_public)).value();
  for (const SignedAttest* part : {&request.evidence.certify, &request.evidence.gate,
                                   &request.evidence.counter, &request.evidence.quote}) {
    auto attest = tpm::ParseAttest(part->attest);
    ASSERT_TRUE(attest) << attest.error().message;
    EXPECT_TRUE(Equal(attest->extra_data, request.content_hash));
    EXPECT_TRUE(ak.Verify(SignatureAlgorithm::kEcdsaSha256, part->attest,
                          tpm::ParseSignature(part->signature)->raw, EcdsaForm::kRaw));
  }
}

TEST(FormatExamplesTest, TheAnswerIsForTheRequestAndHoldsTheLicense) {
  const ActivationRequest request = ReadRequestFile(Example("request.txt")).value();
  auto answer = ReadAnswerFile(Example("answer.txt"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(Equal(RequestHashOf(*answer), request.request_hash));
  const auto& header = std::get<AnswerHeader>(answer->header);
  EXPECT_EQ(header.ek_name, NameOf(*tpm::ParsePublic(request.content.ek_public)));
  EXPECT_EQ(header.license_key_name, NameOf(*tpm::ParsePublic(request.content.license_key_public)));
  auto plain = OpenJwe(*answer, Secret(*HexDecode(Line("answer-content-key.hex"))));
  ASSERT_TRUE(plain);
  EXPECT_EQ(ParseAnswerContent(plain->Reveal())->license, Example("license.pem"));
}

TEST(FormatExamplesTest, TheLicenseVerifiesAndCarriesTheTerms) {
  auto file = ParseLicenseFile(Example("license.pem"));
  ASSERT_TRUE(file) << file.error().message;
  auto verified = VerifyLicense(*file, ParseTrustAnchors(Example("root.pem")).value());
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(file->license.fields().terms_json, Example("terms.json"));
  const ActivationRequest request = ReadRequestFile(Example("request.txt")).value();
  EXPECT_EQ(verified->license_key.spki(),
            KeyOf(*tpm::ParsePublic(request.content.license_key_public))->spki());
}

TEST(FormatExamplesTest, TheReturnProofIsOfTheLicenseAndForTheNonce) {
  auto proof = ReadReturnProofFile(Example("return.txt"));
  ASSERT_TRUE(proof) << proof.error().message;
  const ReturnStatement& statement = proof->statement.statement;
  const auto license = ParseLicenseFile(Example("license.pem"))->license;
  EXPECT_EQ(statement.certificate, Sha256(license.der()));
  EXPECT_TRUE(VerifyJws(proof->statement.jws, license.public_key()));
  auto attest = tpm::ParseAttest(proof->gate->attest);
  ASSERT_TRUE(attest) << attest.error().message;
  EXPECT_TRUE(Equal(attest->extra_data, ReturnQualifyingData(proof->statement.compact, proof->nonce)));
  const ActivationRequest request = ReadRequestFile(Example("request.txt")).value();
  const PublicKey ak = KeyOf(*tpm::ParsePublic(request.content.ak_public)).value();
  EXPECT_TRUE(ak.Verify(SignatureAlgorithm::kEcdsaSha256, proof->gate->attest,
                        tpm::ParseSignature(proof->gate->signature)->raw, EcdsaForm::kRaw));
  auto nonce = ReadSignedMessageFile(kReturnNonce, Example("return-nonce.txt"));
  ASSERT_TRUE(nonce) << nonce.error().message;
  EXPECT_EQ(nonce->content.nonce, proof->nonce);
  EXPECT_TRUE(VerifyJws(nonce->jws, MessageKey()));
}

TEST(FormatExamples, HeartbeatIsAnswered) {
  const auto heartbeat = ReadHeartbeatFile(Example("heartbeat.txt"));
  ASSERT_TRUE(heartbeat) << heartbeat.error().message;
  const auto license = ParseLicenseFile(Example("license.pem"))->license;
  EXPECT_TRUE(VerifyJws(heartbeat->report.jws, PublicKey::FromSpki(license.fields().subject_spki).value()));
  EXPECT_EQ(heartbeat->report.report.certificate, Sha256(license.der()));
  const auto answer = ReadHeartbeatAnswerFile(Example("heartbeat-answer.txt"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(VerifyJws(answer->jws, MessageKey()));
  EXPECT_EQ(answer->content.report, heartbeat->report.id);
  EXPECT_EQ(ParseLicenseFile(answer->license_file)->license.der(), license.der());
}

TEST(FormatExamplesTest, TheTimeAnswerIsForTheTimeRequestOfTheLicense) {
  auto request = ReadMessageFile(kTimeRequest, Example("time-request.txt"));
  ASSERT_TRUE(request) << request.error().message;
  auto answer = ReadSignedMessageFile(kTimeAnswer, Example("time-answer.txt"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->content.nonce, request->nonce);
  EXPECT_EQ(answer->content.serial, ParseLicenseFile(Example("license.pem"))->license.fields().serial);
  EXPECT_LT(answer->content.time, request->time);
  EXPECT_TRUE(VerifyJws(answer->jws, MessageKey()));
}

TEST(FormatExamplesTest, TheHostsAnswerOpensAndHoldsALicenseForItsFingerprint) {
  const auto request = std::get<HostRequest>(ReadAnyRequestFile(Example("host-request.txt")).value());
  const PublicKey license_key = PublicKey::FromSpki(request.content.license_key).value();
  EXPECT_TRUE(VerifyJws(request.jws, license_key));
  auto answer = ReadAnswerFile(Example("host-answer.txt"));
  ASSERT_TRUE(answer) << answer.error().message;
  const auto& header = std::get<HostAnswerHeader>(answer->header);
  EXPECT_TRUE(Equal(header.request_hash, request.request_hash));
  EXPECT_TRUE(Equal(header.license_key_hash, license_key.SpkiSha256()));
  const Bytes der = ParseArmor(Example("host-agreement-key.pem"))->front().content;
  const EcPrivateKey key = EcPrivateKey::FromScalar(Secret::CopyOf(ByteView(der).last(32))).value();
  auto plain = OpenJwe(*answer, AgreeOnContentKey(header, key).value());
  ASSERT_TRUE(plain) << plain.error().message;
  const auto file = ParseLicenseFile(ParseAnswerContent(plain->Reveal())->license);
  auto verified = VerifyLicense(*file, ParseTrustAnchors(Example("root.pem")).value());
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(file->license.fields().terms_json, Example("host-terms.json"));
  EXPECT_EQ(verified->terms.fingerprint, request.content.fingerprint);
  EXPECT_EQ(verified->license_key.spki(), license_key.spki());
}

TEST(FormatExamplesTest, TheEkCertificateLeadsToTheBundle) {
  const ActivationRequest request = ReadRequestFile(Example("request.txt")).value();
  auto bundle = ParseEkRootBundle(Example("ek-bundle.json"));
  ASSERT_TRUE(bundle) << bundle.error().message;
  EXPECT_TRUE(VerifyEkCertificate(request.content.ek_certificates, *bundle, request.content.created));
}

}  // namespace
}  // namespace holdfast
