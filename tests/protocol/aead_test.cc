#include "protocol/crypto/aead.h"

#include <gtest/gtest.h>

#include "protocol/crypto/random.h"

namespace holdfast {
namespace {

TEST(AeadTest, OpensWhatWasSealed) {
  const Secret key = RandomSecret(32);
  for (size_t size : {0u, 1u, 15u, 16u, 17u, 100000u}) {
    const Bytes plaintext(size, 0x5a);
    auto sealed = AesGcmSeal(key, AsBytes("aad"), plaintext);
    ASSERT_TRUE(sealed) << size;
    EXPECT_EQ(sealed->iv.size(), 12u);
    EXPECT_EQ(sealed->tag.size(), 16u);
    EXPECT_EQ(sealed->ciphertext.size(), size);
    auto opened = AesGcmOpen(key, AsBytes("aad"), *sealed);
    ASSERT_TRUE(opened) << size;
    EXPECT_EQ(ToBytes(opened->Reveal()), plaintext);
  }
}
TEST(AeadTest, EverySealHasAFreshIv) {
  const Secret key = RandomSecret(32);
  EXPECT_NE(AesGcmSeal(key, {}, AsBytes("x"))->iv, AesGcmSeal(key, {}, AsBytes("x"))->iv);
}
TEST(AeadTest, EverySingleBitFlipIsRefused) {
  const Secret key = RandomSecret(32);
  const Bytes aad = ToBytes(std::string_view("header"));
  const Sealed good = AesGcmSeal(key, aad, AsBytes("license")).value();
  auto refused = [&](const Bytes& a, const Sealed& s) {
    auto opened = AesGcmOpen(key, a, s);
    return !opened && opened.error().check == "aead.tag";
  };
  for (Bytes Sealed::*part : {&Sealed::iv, &Sealed::ciphertext, &Sealed::tag}) {
    for (size_t bit = 0; bit < (good.*part).size() * 8; bit++) {
      Sealed bad = good;
      (bad.*part)[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      EXPECT_TRUE(refused(aad, bad)) << bit;
    }
  }
  for (size_t bit = 0; bit < aad.size() * 8; bit++) {
    Bytes bad = aad;
    bad[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_TRUE(refused(bad, good)) << bit;
  }
}
TEST(AeadTest, AnotherKeyAndOtherSizesAreRefused) {
  const Secret key = RandomSecret(32);
  const Sealed good = AesGcmSeal(key, {}, AsBytes("license")).value();
  EXPECT_FALSE(AesGcmOpen(RandomSecret(32), {}, good));
  for (size_t size : {0u, 16u, 24u, 31u, 33u}) {
    EXPECT_FALSE(AesGcmSeal(RandomSecret(size), {}, AsBytes("x"))) << size;
    EXPECT_FALSE(AesGcmOpen(RandomSecret(size), {}, good)) << size;
  }
  for (size_t size : {0u, 4u, 12u, 15u}) {  // a short tag would be easier to forge
    Sealed bad = good;
    bad.tag.resize(size);
    EXPECT_FALSE(AesGcmOpen(key, {}, bad)) << size;
  }
  for (size_t size : {0u, 8u, 11u, 13u, 16u}) {
    Sealed bad = good;
    bad.iv.resize(size);
    EXPECT_FALSE(AesGcmOpen(key, {}, bad)) << size;
  }
}

}  // namespace
}  // namespace holdfast
