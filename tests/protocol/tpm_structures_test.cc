// TPM structures as octets: tests/fuzz/corpus/tpm_*, the good ones as a software TPM wrote them. A file's
// name is its verdict: good-<what>, or bad-<check>-<what>.
#include "protocol/tpm/structures.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "protocol/byte_cursor.h"
#include "protocol/tpm/templates.h"

namespace holdfast::tpm {
namespace {

namespace fs = std::filesystem;

Bytes ReadVector(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
fs::path Corpus(const std::string& structure) {
  return fs::path(HOLDFAST_SOURCE_DIR) / "tests/fuzz/corpus" / structure;
}

template <class T>
using Parser = Result<T> (*)(ByteView);

// What the file's name says: "" for good, else the check.
std::string Verdict(const std::string& file, const std::string& prefix) {
  if (file.starts_with("good-")) return "";
  return prefix + file.substr(4, file.find('-', 4) - 4);
}

template <class T>
void ExpectVerdicts(const std::string& structure, const std::string& prefix, Parser<T> parse) {
  size_t good = 0, bad = 0;
  for (const auto& entry : fs::directory_iterator(Corpus(structure))) {
    auto parsed = parse(ReadVector(entry.path()));
    std::string verdict = Verdict(entry.path().filename().string(), prefix);
    EXPECT_EQ(parsed ? "" : parsed.error().check, verdict) << entry.path();
    verdict.empty() ? good++ : bad++;
  }
  EXPECT_GE(good, 2u);
  EXPECT_GE(bad, 8u);
}

TEST(TpmStructures, PublicAreasParseAsTheirFileNamesSay) {
  ExpectVerdicts("tpm_public", "tpm.public.", ParsePublic);
}
TEST(TpmStructures, NvPublicAreasParseAsTheirFileNamesSay) {
  ExpectVerdicts("tpm_nv_public", "tpm.nv_public.", ParseNvPublic);
}
TEST(TpmStructures, AttestationsParseAsTheirFileNamesSay) {
  ExpectVerdicts("tpm_attest", "tpm.attest.", ParseAttest);
}
TEST(TpmStructures, SignaturesParseAsTheirFileNamesSay) {
  ExpectVerdicts("tpm_signature", "tpm.signature.", ParseSignature);
}

TEST(TpmStructures, EveryShorterPublicAreaIsRefused) {
  for (const char* name : {"good-ek_rsa2048", "good-ek_p384", "good-license_key"}) {
    Bytes area = ReadVector(Corpus("tpm_public") / name);
    for (size_t size = 0; size < area.size(); size++)
      EXPECT_FALSE(ParsePublic(ByteView(area).first(size))) << name << ", " << size;
  }
}
TEST(TpmStructures, EveryShorterAttestationIsRefused) {
  for (const char* name : {"good-certify", "good-quote", "good-quote_two_banks", "good-gate"}) {
    Bytes attest = ReadVector(Corpus("tpm_attest") / name);
    for (size_t size = 0; size < attest.size(); size++)
      EXPECT_FALSE(ParseAttest(ByteView(attest).first(size))) << name << ", " << size;
  }
}

TEST(TpmStructures, ARealQuoteHasItsFields) {
  Attest quote = ParseAttest(ReadVector(Corpus("tpm_attest") / "good-quote_two_banks")).value();
  EXPECT_EQ(quote.extra_data, Bytes(32, 0xab));
  EXPECT_EQ(quote.clock.reset_count, 2u);
  EXPECT_TRUE(quote.clock.safe);
  const auto& selection = std::get<QuoteInfo>(quote.attested).selection;
  ASSERT_EQ(selection.size(), 2u);
  EXPECT_EQ(selection[0].mask, 0x0000ffu);
  EXPECT_EQ(selection[1].hash, Alg::kSha384);
  EXPECT_EQ(selection[1].mask, 0x010001u);
}

TEST(TpmStructures, ARealAttestationOfTheGateNamesIt) {
  Attest attest = ParseAttest(ReadVector(Corpus("tpm_attest") / "good-gate")).value();
  NvPublic gate = ParseNvPublic(ReadVector(Corpus("tpm_nv_public") / "good-gate")).value();
  const auto& nv = std::get<NvCertifyInfo>(attest.attested);
  EXPECT_EQ(nv.index_name, NameOf(gate));
  EXPECT_EQ(nv.contents, Writer().U64(1).Take());
}

TEST(TpmStructures, ARealQuoteVerifiesWithTheAkOfItsArea) {
  Public ak = ParsePublic(ReadVector(Corpus("tpm_public") / "good-ak")).value();
  Signature signature = ParseSignature(ReadVector(Corpus("tpm_signature") / "good-quote")).value();
  Bytes quote = ReadVector(Corpus("tpm_attest") / "good-quote");
  EXPECT_TRUE(KeyOf(ak)->Verify(SignatureAlgorithm::kEcdsaSha256, quote, signature.raw, EcdsaForm::kRaw));
}

Public Area(const std::string& name) {
  return ParsePublic(ReadVector(Corpus("tpm_public") / name)).value();
}

// What the TPM wrote into its attestation of the license key, recomputed from the areas alone.
TEST(TpmStructures, NamesInARealAttestationAreThoseOfTheAreas) {
  Attest attest = ParseAttest(ReadVector(Corpus("tpm_attest") / "good-certify")).value();
  const auto& certify = std::get<CertifyInfo>(attest.attested);
  Name key = NameOf(Area("good-license_key"));
  EXPECT_EQ(certify.name, key);
  EXPECT_EQ(certify.qualified_name, QualifiedName(QualifiedName(kOwner, NameOf(Area("good-srk"))), key));
  Name ek = QualifiedName(kEndorsement, NameOf(Area("good-ek_p256")));
  EXPECT_EQ(attest.qualified_signer, QualifiedName(ek, NameOf(Area("good-ak"))));
}

// Its policy is what tpm2_policynv gave for this gate at value 1.
TEST(TpmStructures, ThePolicyOfARealLicenseKeyIsThatOfItsGate) {
  NvPublic gate = ParseNvPublic(ReadVector(Corpus("tpm_nv_public") / "good-gate")).value();
  EXPECT_EQ(Area("good-license_key").auth_policy, GatePolicy(NameOf(gate), 1));
  EXPECT_NE(Area("good-license_key").auth_policy, GatePolicy(NameOf(gate), 2));
}

TEST(TpmStructures, RealAreasMatchTheirTemplatesAndNoOther) {
  EXPECT_EQ(MatchEk(Area("good-ek_rsa2048")), EkTemplate::kRsa2048);
  EXPECT_EQ(MatchEk(Area("good-ek_p256")), EkTemplate::kEccP256);
  EXPECT_EQ(MatchEk(Area("good-ek_p384")), EkTemplate::kEccP384);
  EXPECT_TRUE(MatchesSrk(Area("good-srk")) && MatchesAk(Area("good-ak")) &&
              MatchesLicenseKey(Area("good-license_key")));
  EXPECT_FALSE(MatchesSrk(Area("good-ek_p256")) || MatchesAk(Area("good-license_key")) ||
               MatchesLicenseKey(Area("good-ak")) || MatchEk(Area("good-srk")));
}

TEST(TpmStructures, AShortCoordinateIsPaddedForTheKeyAndKeptForTheName) {
  Bytes area = ReadVector(Corpus("tpm_public") / "good-short_x");
  Public object = ParsePublic(area).value();
  EXPECT_EQ(object.x.size(), 32u);
  EXPECT_EQ(object.x[0], 0);
  EXPECT_EQ(object.encoded, area);
}

TEST(TpmStructures, AShortIntegerOfASignatureIsPadded) {
  Signature signature = ParseSignature(ReadVector(Corpus("tpm_signature") / "good-short_r")).value();
  ASSERT_EQ(signature.raw.size(), 64u);
  EXPECT_EQ(signature.raw[0], 0);
}

TEST(TpmStructures, AKeyOffItsCurveParsesButIsNoKey) {
  Public object = ParsePublic(ReadVector(Corpus("tpm_public") / "good-ak")).value();
  object.y.back() ^= 1;
  EXPECT_EQ(KeyOf(object).error().check, "key.point");
}

}  // namespace
}  // namespace holdfast::tpm
