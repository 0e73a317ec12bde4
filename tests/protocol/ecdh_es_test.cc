#include "protocol/jose/ecdh_es.h"

#include <gtest/gtest.h>

#include "protocol/base64.h"
#include "protocol/crypto/ec_private_key.h"
#include "protocol/crypto/key_wrapping.h"

namespace holdfast {
namespace {

// RFC 7518, Appendix C: Alice's ephemeral key and Bob's.
constexpr const char* kAliceD = "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo";
constexpr const char* kAliceX = "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0";
constexpr const char* kAliceY = "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps";
constexpr const char* kBobD = "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw";

EcPrivateKey Key(const char* d) {
  return EcPrivateKey::FromScalar(Secret(Base64UrlDecode(d).value())).value();
}

std::string Derived(std::string_view algorithm, std::string_view party_u, std::string_view party_v,
                    uint32_t bits) {
  const Secret z = Key(kAliceD).Agree(Key(kBobD).public_key()).value();
  return Base64UrlEncode(ConcatKdf(z, algorithm, AsBytes(party_u), AsBytes(party_v), bits).Reveal());
}

TEST(EcdhEsTest, BothSidesAgreeOnTheSecretOfTheRfc) {
  const Bytes z{158, 86, 217, 29,  129, 113, 53,  211, 114, 131, 66,  131, 191, 132, 38,  156,
                251, 49, 110, 163, 218, 128, 106, 72,  246, 218, 167, 121, 140, 254, 144, 196};
  const EcPrivateKey alice = Key(kAliceD), bob = Key(kBobD);
  EXPECT_TRUE(Equal(alice.Agree(bob.public_key())->Reveal(), z));
  EXPECT_TRUE(Equal(bob.Agree(alice.public_key())->Reveal(), z));
  EXPECT_EQ(Base64UrlEncode(alice.public_key().EcX()), kAliceX);
  EXPECT_EQ(Base64UrlEncode(alice.public_key().EcY()), kAliceY);
}
TEST(EcdhEsTest, DerivesTheKeyOfTheRfc) {
  EXPECT_EQ(Derived("A128GCM", "Alice", "Bob", 128), "VqqN6vgjbSBcIijNcacQGg");
}
// The following by python3-cryptography's ConcatKDFHash.
TEST(EcdhEsTest, PartiesMayBeAbsent) {
  EXPECT_EQ(Derived("A256GCM", "", "", 256), "sn4a5FuGA19w_9WEuHo1U71fFW7At1TNTQ909lYtNTU");
}
TEST(EcdhEsTest, ALongerKeyTakesMoreRounds) {
  EXPECT_EQ(Derived("A256CBC-HS512", "", "", 512),
            "PwLneEx4vxan6p1dYjR71gC_JHjkl6FZ71ZLTS5LoShzbDzjECiuWuFHk8Ntc3jucAYqx9hv6sy_LtLl699QLQ");
}

TEST(EcPrivateKeyTest, ItsSignaturesVerify) {
  const EcPrivateKey key = EcPrivateKey::Generate().value();
  const Sha256Digest digest = Sha256(AsBytes("message"));
  const Bytes signature = key.Sign(digest).value();
  EXPECT_EQ(signature.size(), 64u);
  EXPECT_TRUE(
      key.public_key().VerifyDigest(SignatureAlgorithm::kEcdsaSha256, digest, signature, EcdsaForm::kRaw));
}
TEST(EcPrivateKeyTest, IsTheSameFromItsScalar) {
  const EcPrivateKey key = EcPrivateKey::Generate().value();
  const Secret d = key.Scalar();
  EXPECT_EQ(d.size(), EcPrivateKey::kScalarSize);
  EXPECT_EQ(EcPrivateKey::FromScalar(d)->public_key().spki(), key.public_key().spki());
  EXPECT_TRUE(EcPrivateKey::FromScalar(d)->Scalar().Equals(d));
}
TEST(EcPrivateKeyTest, AScalarOutOfRangeIsRefused) {
  // n of P-256 (FIPS 186-4, D.1.2.3).
  Bytes order = *HexDecode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  EXPECT_EQ(EcPrivateKey::FromScalar(Secret::CopyOf(order)).error().check, "key.private");
  EXPECT_EQ(EcPrivateKey::FromScalar(Secret(Bytes(32, 0xff))).error().check, "key.private");
  EXPECT_EQ(EcPrivateKey::FromScalar(Secret(Bytes(32, 0))).error().check, "key.private");
  for (size_t size : {0u, 31u, 33u})
    EXPECT_EQ(EcPrivateKey::FromScalar(Secret(Bytes(size, 1))).error().check, "key.private") << size;
  order.back()--;
  EXPECT_TRUE(EcPrivateKey::FromScalar(Secret::CopyOf(order)));
}
TEST(EcPrivateKeyTest, AgreesWithTheOtherImplementationOfTheSender) {
  const EcPrivateKey own = EcPrivateKey::Generate().value();
  const EcdhShare share = EcdhEphemeral(own.public_key()).value();
  const PublicKey sender =
      PublicKey::FromEcPoint(KeyType::kEcP256, share.ephemeral_x, share.ephemeral_y).value();
  EXPECT_TRUE(own.Agree(sender)->Equals(share.z));
}
TEST(EcPrivateKeyTest, DoesNotAgreeWithAKeyOfAnotherKind) {
  const EcPrivateKey own = EcPrivateKey::Generate().value();
  EXPECT_EQ(own.Agree(PublicKey::FromEd25519(Bytes(32, 9)).value()).error().check, "key.curve");
}

}  // namespace
}  // namespace holdfast
