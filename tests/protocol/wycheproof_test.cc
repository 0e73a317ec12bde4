// Our verification against project Wycheproof: no disagreement. What is out of our scope (PSS, P-521, RSA
// exponent 3, unusual IV sizes) must be refused, never accepted by accident.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "protocol/crypto/aead.h"
#include "protocol/crypto/public_key.h"

namespace holdfast {
namespace {

using nlohmann::json;

std::filesystem::path VectorDirectory() {
  if (const char* directory = std::getenv("HOLDFAST_VECTORS")) return directory;
  return HOLDFAST_SOURCE_DIR "/../shared/vectors";
}

json Load(const std::string& file) {
  std::ifstream in(VectorDirectory() / file);
  return in ? json::parse(in) : json();
}

Bytes Hex(const json& object, const char* member) {
  return HexDecode(object.at(member).get<std::string>()).value();
}

// Calls f(group, test) for every case of the file; returns how many there were.
template <class F>
size_t ForEachCase(const json& vectors, F f) {
  size_t count = 0;
  for (const json& group : vectors.at("testGroups"))
    for (const json& test : group.at("tests")) f(group, test), count++;
  EXPECT_EQ(count, vectors.at("numberOfTests").get<size_t>());
  return count;
}

std::string Describe(const json& test) {
  return "tcId " + test.at("tcId").dump() + ": " + test.at("comment").get<std::string>();
}

struct SignatureFile {
  const char* name;
  KeyType type;
  SignatureAlgorithm algorithm;
  size_t groups_with_refused_keys = 0;  // RSA with exponent 3
};

void PrintTo(const SignatureFile& file, std::ostream* out) {
  *out << file.name;
}

class WycheproofSignatureTest : public testing::TestWithParam<SignatureFile> {};

TEST_P(WycheproofSignatureTest, Agrees) {
  const json vectors = Load(GetParam().name);
  if (vectors.is_null()) GTEST_SKIP() << "no vectors in " << VectorDirectory();
  size_t refused_keys = 0;
  for (const json& group : vectors.at("testGroups")) {
    auto key = PublicKey::FromSpki(Hex(group, "publicKeyDer"));
    if (!key) {
      refused_keys++;
      EXPECT_EQ(group.at("publicKey").at("publicExponent"), "03") << key.error().message;
      EXPECT_EQ(key.error().check, "key.size");
      continue;
    }
    EXPECT_EQ(key->type(), GetParam().type);
    EXPECT_EQ(key->spki(), Hex(group, "publicKeyDer"));
    for (const json& test : group.at("tests")) {
      const bool accepted = key->Verify(GetParam().algorithm, Hex(test, "msg"), Hex(test, "sig")).has_value();
      // The one "acceptable" case of each RSA file leaves NULL out of the DigestInfo; we refuse it.
      if (test.at("result") == "acceptable") {
        EXPECT_EQ(test.at("comment"), "Missing NULL in the ASN encoding");
      }
      EXPECT_EQ(accepted, test.at("result") == "valid") << Describe(test);
    }
  }
  EXPECT_EQ(refused_keys, GetParam().groups_with_refused_keys);
}

using enum SignatureAlgorithm;
INSTANTIATE_TEST_SUITE_P(
    Files, WycheproofSignatureTest,
    testing::Values(SignatureFile{"ecdsa_secp256r1_sha256_test.json", KeyType::kEcP256, kEcdsaSha256},
                    SignatureFile{"ecdsa_secp384r1_sha384_test.json", KeyType::kEcP384, kEcdsaSha384},
                    SignatureFile{"ed25519_test.json", KeyType::kEd25519, kEd25519},
                    SignatureFile{"rsa_signature_2048_sha256_test.json", KeyType::kRsa, kRsaSha256, 2},
                    SignatureFile{"rsa_signature_3072_sha256_test.json", KeyType::kRsa, kRsaSha256, 1},
                    SignatureFile{"rsa_signature_4096_sha256_test.json", KeyType::kRsa, kRsaSha256}));

// JOSE form: what Wycheproof calls valid must also verify after conversion, and nothing else converts and
// verifies.
TEST(WycheproofTest, RawEcdsaAgreesWithDer) {
  const json vectors = Load("ecdsa_secp256r1_sha256_test.json");
  if (vectors.is_null()) GTEST_SKIP() << "no vectors in " << VectorDirectory();
  ForEachCase(vectors, [](const json& group, const json& test) {
    auto key = PublicKey::FromSpki(Hex(group, "publicKeyDer"));
    ASSERT_TRUE(key);
    auto raw = EcdsaDerToRaw(Hex(test, "sig"), 32);
    const bool accepted =
        raw && key->Verify(kEcdsaSha256, Hex(test, "msg"), *raw, EcdsaForm::kRaw).has_value();
    EXPECT_EQ(accepted, test.at("result") == "valid") << Describe(test);
    if (raw) {
      EXPECT_EQ(EcdsaRawToDer(*raw, 32), Hex(test, "sig")) << Describe(test);
    }
  });
}

class WycheproofOutOfScopeTest : public testing::TestWithParam<const char*> {};

// What no key of ours signs with. The PSS files hold a few genuine PKCS#1 v1.5 signatures, wrong there and, with
// SHA-256, right for us.
TEST_P(WycheproofOutOfScopeTest, NothingIsAcceptedButPkcs1) {
  const json vectors = Load(GetParam());
  if (vectors.is_null()) GTEST_SKIP() << "no vectors in " << VectorDirectory();
  ForEachCase(vectors, [](const json& group, const json& test) {
    auto key = PublicKey::FromSpki(Hex(group, "publicKeyDer"));
    if (!key) return;
    bool accepted = false;
    for (SignatureAlgorithm algorithm : {kRsaSha256, kEcdsaSha256, kEcdsaSha384, kEd25519})
      accepted |= key->Verify(algorithm, Hex(test, "msg"), Hex(test, "sig")).has_value();
    EXPECT_EQ(accepted, test.at("comment") == "PKCS #1 v1.5 signature with SHA-256") << Describe(test);
  });
}

INSTANTIATE_TEST_SUITE_P(
    Files, WycheproofOutOfScopeTest,
    testing::Values("ecdsa_secp256r1_sha512_test.json", "ecdsa_secp384r1_sha256_test.json",
                    "ecdsa_secp521r1_sha512_test.json", "rsa_pss_2048_sha256_mgf1_32_test.json",
                    "rsa_pss_2048_sha384_mgf1_48_test.json", "rsa_pss_3072_sha256_mgf1_32_test.json",
                    "rsa_pss_4096_sha256_mgf1_32_test.json", "rsa_pss_4096_sha384_mgf1_48_test.json",
                    "rsa_pss_4096_sha512_mgf1_32_test.json", "rsa_pss_4096_sha512_mgf1_64_test.json",
                    "rsa_pss_misc_test.json"));

TEST(WycheproofTest, P521KeysAreRefused) {
  const json vectors = Load("ecdsa_secp521r1_sha512_test.json");
  if (vectors.is_null()) GTEST_SKIP() << "no vectors in " << VectorDirectory();
  for (const json& group : vectors.at("testGroups")) {
    auto key = PublicKey::FromSpki(Hex(group, "publicKeyDer"));
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().check, "key.type");
  }
}

TEST(WycheproofTest, HmacSha256Agrees) {
  const json vectors = Load("hmac_sha256_test.json");
  if (vectors.is_null()) GTEST_SKIP() << "no vectors in " << VectorDirectory();
  ForEachCase(vectors, [](const json& group, const json& test) {
    Bytes tag = Hmac(HashAlgorithm::kSha256, Hex(test, "key"), {Hex(test, "msg")});
    tag.resize(group.at("tagSize").get<size_t>() / 8);
    EXPECT_EQ(tag == Hex(test, "tag"), test.at("result") == "valid") << Describe(test);
  });
}

TEST(WycheproofTest, AesGcmAgreesWithinScopeAndRefusesOtherSizes) {
  const json vectors = Load("aes_gcm_test.json");
  if (vectors.is_null()) GTEST_SKIP() << "no vectors in " << VectorDirectory();
  size_t in_scope = 0;
  ForEachCase(vectors, [&](const json& group, const json& test) {
    const bool ours = group.at("keySize") == 256 && group.at("ivSize") == 96 && group.at("tagSize") == 128;
    in_scope += ours ? 1 : 0;
    auto opened = AesGcmOpen(Secret(Hex(test, "key")), Hex(test, "aad"),
                             Sealed{Hex(test, "iv"), Hex(test, "ct"), Hex(test, "tag")});
    ASSERT_EQ(opened.has_value(), ours && test.at("result") == "valid") << Describe(test);
    if (opened) {
      EXPECT_EQ(ToBytes(opened->Reveal()), Hex(test, "msg")) << Describe(test);
    }
  });
  EXPECT_GT(in_scope, 40u);
}

}  // namespace
}  // namespace holdfast
