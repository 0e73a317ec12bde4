#include "protocol/crypto/public_key.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/x509.h>

#include "tests/protocol/test_key.h"

namespace holdfast {
namespace {

using enum SignatureAlgorithm;

std::string CheckOf(const Result<PublicKey>& key) {
  return key ? "accepted" : key.error().check;
}

Bytes SpkiOf(EVP_PKEY* key) {
  uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  Bytes spki(der, der + size);
  OPENSSL_free(der);
  return spki;
}

struct KeyCase {
  KeyType type;
  size_t bits;
  SignatureAlgorithm algorithm;
};
void PrintTo(const KeyCase& c, std::ostream* out) {
  *out << "type " << static_cast<int>(c.type);
}

class PublicKeyTypeTest : public testing::TestWithParam<KeyCase> {
 protected:
  const TestKey key_ = TestKey::Generate(GetParam().type);
};

TEST_P(PublicKeyTypeTest, ReadsItsOwnEncoding) {
  auto key = PublicKey::FromSpki(SpkiOf(key_.get()));
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(key->type(), GetParam().type);
  EXPECT_EQ(key->bits(), GetParam().bits);
  EXPECT_EQ(key->spki(), SpkiOf(key_.get()));
  EXPECT_EQ(key->SpkiSha256(), Sha256(key->spki()));
}
TEST_P(PublicKeyTypeTest, AlgorithmForVerifiesAGenuineSignature) {
  EXPECT_EQ(AlgorithmFor(GetParam().type), GetParam().algorithm);
  const Bytes signature = key_.Sign(GetParam().algorithm, AsBytes("message"));
  EXPECT_TRUE(key_.public_key().Verify(GetParam().algorithm, AsBytes("message"), signature, EcdsaForm::kRaw));
  auto other = key_.public_key().Verify(GetParam().algorithm, AsBytes("massage"), signature, EcdsaForm::kRaw);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().check, "signature.invalid");
  EXPECT_EQ(other.error().kind, ErrorKind::kRefused);
}
TEST_P(PublicKeyTypeTest, AnotherKeyOfTheTypeRefusesTheSignature) {
  const Bytes signature = key_.Sign(GetParam().algorithm, AsBytes("message"));
  EXPECT_FALSE(TestKey::Generate(GetParam().type)
                   .public_key()
                   .Verify(GetParam().algorithm, AsBytes("message"), signature, EcdsaForm::kRaw));
}
TEST_P(PublicKeyTypeTest, EverySingleBitFlipOfTheSignatureIsRefused) {
  const Bytes good = key_.Sign(GetParam().algorithm, AsBytes("message"));
  const PublicKey key = key_.public_key();
  for (size_t bit = 0; bit < good.size() * 8; bit++) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(key.Verify(GetParam().algorithm, AsBytes("message"), bad, EcdsaForm::kRaw)) << bit;
  }
}
TEST_P(PublicKeyTypeTest, OtherLengthsAndZerosAreRefused) {
  Bytes longer = key_.Sign(GetParam().algorithm, AsBytes("message")), shorter = longer;
  const PublicKey key = key_.public_key();
  longer.push_back(0);
  shorter.pop_back();
  Bytes prefixed = longer;
  prefixed.pop_back();
  prefixed.insert(prefixed.begin(), 0);
  for (const Bytes& bad : {longer, shorter, prefixed, Bytes(), Bytes(64, 0), Bytes(64, 0xff), Bytes(256, 0)})
    EXPECT_FALSE(key.Verify(GetParam().algorithm, AsBytes("message"), bad, EcdsaForm::kRaw));
}
TEST_P(PublicKeyTypeTest, AlgorithmsOfOtherKeyTypesAreNamed) {
  for (SignatureAlgorithm algorithm : {kEcdsaSha256, kEcdsaSha384, kRsaSha256, kEd25519}) {
    if (algorithm == GetParam().algorithm) continue;
    auto status = key_.public_key().Verify(algorithm, AsBytes("message"), Bytes(64, 1));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().check, "signature.algorithm");
  }
}
TEST_P(PublicKeyTypeTest, AlteredEncodingsAreRefusedOrAnotherKey) {
  const Bytes good = SpkiOf(key_.get());
  for (size_t bit = 0; bit < good.size() * 8; bit++) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    auto key = PublicKey::FromSpki(bad);
    if (key) {
      EXPECT_EQ(key->spki(), bad) << bit;  // an RSA modulus or Ed25519 point may be another valid one
    }
  }
  for (size_t size = 0; size < good.size(); size++)
    EXPECT_FALSE(PublicKey::FromSpki(ByteView(good).first(size))) << size;
  Bytes trailing = good;
  trailing.push_back(0);
  EXPECT_FALSE(PublicKey::FromSpki(trailing));
}

INSTANTIATE_TEST_SUITE_P(Types, PublicKeyTypeTest,
                         testing::Values(KeyCase{KeyType::kEcP256, 256, kEcdsaSha256},
                                         KeyCase{KeyType::kEcP384, 384, kEcdsaSha384},
                                         KeyCase{KeyType::kRsa, 2048, kRsaSha256},
                                         KeyCase{KeyType::kEd25519, 256, kEd25519}));

TEST(PublicKeyTest, CoordinatesRebuildAnEcKey) {
  for (KeyType curve : {KeyType::kEcP256, KeyType::kEcP384}) {
    const PublicKey key = TestKey::Generate(curve).public_key();
    EXPECT_EQ(key.EcX().size(), key.bits() / 8);
    auto rebuilt = PublicKey::FromEcPoint(curve, key.EcX(), key.EcY());
    ASSERT_TRUE(rebuilt);
    EXPECT_EQ(rebuilt->spki(), key.spki());
  }
}
TEST(PublicKeyTest, PointsOffTheCurveAreRefused) {
  EXPECT_EQ(CheckOf(PublicKey::FromEcPoint(KeyType::kEcP256, Bytes(32, 1), Bytes(32, 2))), "key.point");
  EXPECT_EQ(CheckOf(PublicKey::FromEcPoint(KeyType::kEcP256, Bytes(32, 0), Bytes(32, 0))), "key.point");
  EXPECT_EQ(CheckOf(PublicKey::FromEcPoint(KeyType::kEcP256, Bytes(32, 0xff), Bytes(32, 0xff))), "key.point");
  EXPECT_EQ(CheckOf(PublicKey::FromEcPoint(KeyType::kEcP256, Bytes(31, 1), Bytes(32, 2))), "key.point");
  EXPECT_EQ(CheckOf(PublicKey::FromEcPoint(KeyType::kRsa, Bytes(32, 1), Bytes(32, 2))), "key.curve");
}
TEST(PublicKeyTest, ACompressedPointIsRefused) {
  TestKey key = TestKey::Generate(KeyType::kEcP256);
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), "point-format", "compressed"), 1);
  EXPECT_NE(CheckOf(PublicKey::FromSpki(SpkiOf(key.get()))), "accepted");
}
TEST(PublicKeyTest, OtherCurvesAreRefused) {
  for (const char* curve : {"P-521", "P-224", "secp256k1", "brainpoolP256r1"}) {
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve),
                                                            EVP_PKEY_free);
    ASSERT_TRUE(key) << curve;
    EXPECT_EQ(CheckOf(PublicKey::FromSpki(SpkiOf(key.get()))), "key.type") << curve;
  }
}
TEST(PublicKeyTest, RsaSizesAndExponentsAreBounded) {
  const PublicKey key = TestKey::Generate(KeyType::kRsa).public_key();
  Bytes modulus(256, 0xff);
  EXPECT_EQ(CheckOf(PublicKey::FromRsa(modulus, 65537)), "accepted");
  EXPECT_EQ(PublicKey::FromRsa(modulus, 65537)->bits(), 2048u);
  EXPECT_EQ(CheckOf(PublicKey::FromRsa(modulus, 3)), "key.size");
  EXPECT_EQ(CheckOf(PublicKey::FromRsa(modulus, 65538)), "key.size");
  EXPECT_EQ(CheckOf(PublicKey::FromRsa(modulus, 0)), "key.size");
  EXPECT_EQ(CheckOf(PublicKey::FromRsa(Bytes(128, 0xff), 65537)), "key.size");
  EXPECT_EQ(CheckOf(PublicKey::FromRsa(Bytes(513, 0xff), 65537)), "key.size");
  EXPECT_EQ(CheckOf(PublicKey::FromRsa(Bytes(512, 0xff), 65537)), "accepted");
  EXPECT_EQ(CheckOf(PublicKey::FromRsa({}, 65537)), "key.size");
  modulus.back() = 0xfe;
  EXPECT_EQ(CheckOf(PublicKey::FromRsa(modulus, 65537)), "key.size");
  modulus = Bytes(256, 0xff);
  modulus[0] = 0x7f;
  EXPECT_EQ(CheckOf(PublicKey::FromRsa(modulus, 65537)), "key.size") << "2047 bits";
}
TEST(PublicKeyTest, AnRsaPssKeyIsRefused) {
  std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* raw = nullptr;
  ASSERT_EQ(EVP_PKEY_keygen_init(context.get()), 1);
  ASSERT_EQ(EVP_PKEY_generate(context.get(), &raw), 1);
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(raw, EVP_PKEY_free);
  EXPECT_EQ(CheckOf(PublicKey::FromSpki(SpkiOf(key.get()))), "key.type");
}
TEST(PublicKeyTest, Ed25519KeysHave32Octets) {
  EXPECT_EQ(CheckOf(PublicKey::FromEd25519(Bytes(31, 1))), "key.size");
  EXPECT_EQ(CheckOf(PublicKey::FromEd25519(Bytes(33, 1))), "key.size");
}
TEST(PublicKeyTest, VerifyDigestWantsADigestOfTheAlgorithm) {
  const TestKey key = TestKey::Generate(KeyType::kEcP256);
  const Bytes signature = key.Sign(kEcdsaSha256, AsBytes("message"));
  const Sha256Digest digest = Sha256(AsBytes("message"));
  EXPECT_TRUE(key.public_key().VerifyDigest(kEcdsaSha256, digest, signature, EcdsaForm::kRaw));
  EXPECT_FALSE(
      key.public_key().VerifyDigest(kEcdsaSha256, ByteView(digest).first(31), signature, EcdsaForm::kRaw));
  EXPECT_FALSE(key.public_key().VerifyDigest(kEcdsaSha256, Bytes(48, 0), signature, EcdsaForm::kRaw));
  EXPECT_FALSE(TestKey::Generate(KeyType::kEd25519)
                   .public_key()
                   .VerifyDigest(kEd25519, digest, signature, EcdsaForm::kRaw));
}
TEST(PublicKeyTest, TheTwoEcdsaFormsAreNotInterchangeable) {
  const TestKey key = TestKey::Generate(KeyType::kEcP256);
  const Bytes raw = key.Sign(kEcdsaSha256, AsBytes("message"));
  const Bytes der = EcdsaRawToDer(raw, 32).value();
  const PublicKey p = key.public_key();
  EXPECT_TRUE(p.Verify(kEcdsaSha256, AsBytes("message"), der, EcdsaForm::kDer));
  EXPECT_FALSE(p.Verify(kEcdsaSha256, AsBytes("message"), raw, EcdsaForm::kDer));
  EXPECT_FALSE(p.Verify(kEcdsaSha256, AsBytes("message"), der, EcdsaForm::kRaw));
}

TEST(EcdsaFormTest, ConvertsIntegersOfEveryLength) {
  for (size_t order : {32u, 48u}) {
    for (size_t zeros = 0; zeros < order; zeros++) {
      for (uint8_t top : {0x01, 0x7f, 0x80, 0xff}) {
        Bytes raw(2 * order, 0x11);
        std::fill_n(raw.begin(), zeros, 0);
        raw[zeros] = top;
        auto der = EcdsaRawToDer(raw, order);
        ASSERT_TRUE(der);
        EXPECT_EQ(EcdsaDerToRaw(*der, order), raw);
      }
    }
  }
}
TEST(EcdsaFormTest, OnlyTheMinimalEncodingIsRead) {
  auto check = [](std::string_view hex) {
    auto raw = EcdsaDerToRaw(HexDecode(hex).value(), 32);
    return raw ? "accepted" : raw.error().check;
  };
  EXPECT_EQ(check("3006020101020101"), "accepted");
  for (const char* bad :
       {"", "30", "3000", "3003020101", "300602010102010100", "3007020101020101", "3005020101020101",
        "3106020101020101", "3006030101020101", "300702020001020101", "3006020181020101", "300502000201 01",
        "3080020101020101 0000", "308106020101020101", "30820006020101020101", "3009020101020101020101",
        "3006028101020101"})
    EXPECT_EQ(check([&] {
                std::string hex(bad);
                std::erase(hex, ' ');
                return hex;
              }()),
              "signature.encoding")
        << bad;
  EXPECT_EQ(check("3026022100" + std::string(64, 'f') + "020101"), "accepted");
  EXPECT_EQ(check("3027022200ff" + std::string(64, 'f') + "020101"), "signature.encoding") << "33 octets";
}
TEST(EcdsaFormTest, RawHasExactlyTwoIntegers) {
  for (size_t size : {0u, 1u, 63u, 65u, 96u}) EXPECT_FALSE(EcdsaRawToDer(Bytes(size, 1), 32)) << size;
}

}  // namespace
}  // namespace holdfast
