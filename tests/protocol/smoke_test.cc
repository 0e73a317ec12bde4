#include <gtest/gtest.h>

#include "protocol/crypto/key_wrapping.h"
#include "protocol/crypto/random.h"
#include "protocol/jose/jwe.h"
#include "protocol/product_key.h"

namespace holdfast {
TEST(Possession, ProofVerifiesForItsHashOnly) {
  Secret seed = RandomSecret(32);
  auto hash = Sha256(AsBytes("x")), other = Sha256(AsBytes("y"));
  auto pub = PossessionPublicKey(seed);
  auto proof = ProvePossession(seed, hash);
  ASSERT_TRUE(pub && proof);
  EXPECT_TRUE(VerifyPossession(*pub, hash, *proof));
  EXPECT_FALSE(VerifyPossession(*pub, other, *proof));
}
TEST(Jwe, WhatIsSealedOpensAgain) {
  Secret key = RandomSecret(32);
  auto jwe = SealJwe({Bytes(32, 1), Bytes(34, 2), Bytes(34, 3)}, Bytes(10, 4), key, AsBytes("hello"));
  ASSERT_TRUE(jwe) << jwe.error().message;
  auto parsed = ParseJwe(*jwe);
  ASSERT_TRUE(parsed) << parsed.error().message;
  auto open = OpenJwe(*parsed, key);
  ASSERT_TRUE(open);
  EXPECT_EQ(open->RevealText(), "hello");
}
TEST(PublicKey, ShareOnACurvePointThatParses) {
  auto g = PublicKey::FromEcPoint(
      KeyType::kEcP256, *HexDecode("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
      *HexDecode("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"));
  ASSERT_TRUE(g) << g.error().message;
  EXPECT_TRUE(EcdhEphemeral(*g));
  EXPECT_FALSE(PublicKey::FromEcPoint(KeyType::kEcP256, Bytes(32, 1), Bytes(32, 2)));
}
}  // namespace holdfast
