#include "protocol/crypto/digest.h"

#include <gtest/gtest.h>

#include "protocol/crypto/random.h"

namespace holdfast {
namespace {

// FIPS 180-4 examples, "abc".
TEST(DigestTest, HashesTheStandardsExample) {
  EXPECT_EQ(HexEncode(Sha256(AsBytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(
      HexEncode(Digest(HashAlgorithm::kSha384, {AsBytes("abc")})),
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
}
TEST(DigestTest, PartsAreConcatenated) {
  EXPECT_EQ(Sha256({AsBytes("a"), AsBytes(""), AsBytes("bc")}), Sha256(AsBytes("abc")));
  EXPECT_EQ(HexEncode(Sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
TEST(DigestTest, SizesAreThoseOfTheHash) {
  EXPECT_EQ(DigestSize(HashAlgorithm::kSha256), 32u);
  EXPECT_EQ(DigestSize(HashAlgorithm::kSha384), 48u);
}
// RFC 4231, test cases 2 and 6 (a key longer than a block).
TEST(HmacTest, AgreesWithTheRfc) {
  EXPECT_EQ(HexEncode(Hmac(HashAlgorithm::kSha256, AsBytes("Jefe"),
                           {AsBytes("what do ya want "), AsBytes("for nothing?")})),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      HexEncode(Hmac(HashAlgorithm::kSha384, AsBytes("Jefe"), {AsBytes("what do ya want for nothing?")})),
      "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649");
  EXPECT_EQ(HexEncode(Hmac(HashAlgorithm::kSha256, Bytes(131, 0xaa),
                           {AsBytes("Test Using Larger Than Block-Size Key - Hash Key First")})),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
TEST(RandomTest, GivesDifferentOctetsOfTheAskedLength) {
  EXPECT_EQ(RandomBytes(0).size(), 0u);
  EXPECT_EQ(RandomBytes(32).size(), 32u);
  EXPECT_NE(RandomBytes(32), RandomBytes(32));
  EXPECT_FALSE(RandomSecret(32).Equals(RandomSecret(32)));
}

}  // namespace
}  // namespace holdfast
