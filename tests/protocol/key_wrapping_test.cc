#include "protocol/crypto/key_wrapping.h"

#include <gtest/gtest.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "tests/protocol/test_key.h"

namespace holdfast {
namespace {

Bytes OaepDecrypt(const TestKey& key, const EVP_MD* md, const Bytes& label, const Bytes& ciphertext) {
  std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(key.get(), nullptr),
                                                                      EVP_PKEY_CTX_free);
  EVP_PKEY_decrypt_init(context.get());
  EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING);
  EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), md);
  EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), md);
  if (!label.empty())
    EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), OPENSSL_memdup(label.data(), label.size()),
                                     static_cast<int>(label.size()));
  Bytes plain(512);
  size_t size = plain.size();
  if (EVP_PKEY_decrypt(context.get(), plain.data(), &size, ciphertext.data(), ciphertext.size()) != 1)
    return {};
  plain.resize(size);
  return plain;
}

TEST(RsaOaepTest, TheHolderDecryptsWithTheSameHashAndLabel) {
  const TestKey key = TestKey::Generate(KeyType::kRsa);
  const Bytes label{'I', 'D', 0}, message(32, 7);
  auto sha256 = RsaOaepEncrypt(key.public_key(), HashAlgorithm::kSha256, label, message);
  ASSERT_TRUE(sha256);
  EXPECT_EQ(OaepDecrypt(key, EVP_sha256(), label, *sha256), message);
  EXPECT_EQ(OaepDecrypt(key, EVP_sha256(), Bytes{'I', 'D'}, *sha256), Bytes());
  auto sha384 = RsaOaepEncrypt(key.public_key(), HashAlgorithm::kSha384, label, message);
  ASSERT_TRUE(sha384);
  EXPECT_EQ(OaepDecrypt(key, EVP_sha384(), label, *sha384), message);
}
TEST(RsaOaepTest, WantsAnRsaKeyAndAMessageThatFits) {
  EXPECT_FALSE(RsaOaepEncrypt(TestKey::Generate(KeyType::kEcP256).public_key(), HashAlgorithm::kSha256,
                              Bytes{'I', 0}, Bytes(32, 1)));
  EXPECT_FALSE(RsaOaepEncrypt(TestKey::Generate(KeyType::kRsa).public_key(), HashAlgorithm::kSha256,
                              Bytes{'I', 0}, Bytes(300, 1)));
}

TEST(EcdhTest, BothSidesComputeTheSamePoint) {
  for (KeyType curve : {KeyType::kEcP256, KeyType::kEcP384}) {
    const TestKey holder = TestKey::Generate(curve);
    auto share = EcdhEphemeral(holder.public_key());
    ASSERT_TRUE(share);
    const size_t size = curve == KeyType::kEcP256 ? 32 : 48;
    EXPECT_EQ(share->ephemeral_x.size(), size);
    EXPECT_EQ(share->ephemeral_y.size(), size);
    const PublicKey ephemeral = PublicKey::FromEcPoint(curve, share->ephemeral_x, share->ephemeral_y).value();
    const uint8_t* p = ephemeral.spki().data();
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> peer(
        d2i_PUBKEY(nullptr, &p, static_cast<long>(ephemeral.spki().size())), EVP_PKEY_free);
    std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new(holder.get(), nullptr), EVP_PKEY_CTX_free);
    Bytes z(size);
    size_t z_size = z.size();
    ASSERT_EQ(EVP_PKEY_derive_init(context.get()), 1);
    ASSERT_EQ(EVP_PKEY_derive_set_peer(context.get(), peer.get()), 1);
    ASSERT_EQ(EVP_PKEY_derive(context.get(), z.data(), &z_size), 1);
    EXPECT_EQ(ToBytes(share->z.Reveal()), z);
  }
}
TEST(EcdhTest, EveryShareIsFresh) {
  const PublicKey peer = TestKey::Generate(KeyType::kEcP256).public_key();
  EXPECT_NE(EcdhEphemeral(peer)->ephemeral_x, EcdhEphemeral(peer)->ephemeral_x);
}
TEST(EcdhTest, WantsAnEcKey) {
  EXPECT_FALSE(EcdhEphemeral(TestKey::Generate(KeyType::kRsa).public_key()));
  EXPECT_FALSE(EcdhEphemeral(TestKey::Generate(KeyType::kEd25519).public_key()));
}

// CFB128 with a zero IV: the first block is E(0) xor P, the second E(C1) xor P; E from FIPS 197 and SP
// 800-38A.
TEST(AesCfbTest, FirstBlockIsTheEncryptedZeroBlock) {
  const Bytes zeros(16, 0);
  EXPECT_EQ(HexEncode(AesCfbEncrypt(Secret(Bytes(16, 0)), zeros).value()),
            "66e94bd4ef8a2c3b884cfa59ca342b2e");
  EXPECT_EQ(HexEncode(AesCfbEncrypt(Secret(Bytes(32, 0)), zeros).value()),
            "dc95c078a2408989ad48a21492842087");
}
TEST(AesCfbTest, AShortLastBlockKeepsItsLength) {
  auto whole = AesCfbEncrypt(Secret(Bytes(16, 0)), Bytes(32, 0)),
       part = AesCfbEncrypt(Secret(Bytes(16, 0)), Bytes(19, 0));
  ASSERT_TRUE(whole && part);
  whole->resize(19);
  EXPECT_EQ(*part, *whole);
}
TEST(AesCfbTest, WantsAKeyOf16Or32Octets) {
  for (size_t size : {0u, 15u, 24u, 33u})
    EXPECT_FALSE(AesCfbEncrypt(Secret(Bytes(size, 0)), Bytes(16, 0))) << size;
}

}  // namespace
}  // namespace holdfast
