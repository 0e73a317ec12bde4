// KDFa is SP 800-108 in counter mode, KDFe the one-step KDF of SP 800-56A; libtpms and tpm2-tools agree with
// ours in make_credential_test. Here the blocks, counted by hand.
#include <gtest/gtest.h>

#include "protocol/byte_cursor.h"
#include "protocol/tpm/templates.h"

namespace holdfast::tpm {
namespace {

const Bytes kKey(16, 0x0b), kU{1, 2, 3}, kV{4, 5};
const Bytes kLabel{'I', 'D', 0};

TEST(TpmKdf, KdfAIsHmacOverCounterLabelContextAndLength) {
  Bytes first = Hmac(HashAlgorithm::kSha256, kKey,
                     {Writer().U32(1).bytes(), kLabel, kU, kV, Writer().U32(384).bytes()});
  Bytes second = Hmac(HashAlgorithm::kSha256, kKey,
                      {Writer().U32(2).bytes(), kLabel, kU, kV, Writer().U32(384).bytes()});
  Append(first, second);
  first.resize(48);
  EXPECT_EQ(HexEncode(KdfA(HashAlgorithm::kSha256, kKey, "ID", kU, kV, 384).Reveal()), HexEncode(first));
}

TEST(TpmKdf, KdfEIsAHashOverCounterSecretLabelAndContext) {
  Bytes expected = Digest(HashAlgorithm::kSha384, {Writer().U32(1).bytes(), kKey, kLabel, kU, kV});
  EXPECT_EQ(HexEncode(KdfE(HashAlgorithm::kSha384, kKey, "ID", kU, kV, 384).Reveal()), HexEncode(expected));
}

TEST(TpmKdf, AShorterKeyOfKdfEIsAPrefixButOfKdfAIsNot) {
  Secret long_e = KdfE(HashAlgorithm::kSha256, kKey, "ID", kU, kV, 256);
  Secret short_e = KdfE(HashAlgorithm::kSha256, kKey, "ID", kU, kV, 128);
  EXPECT_TRUE(Equal(short_e.Reveal(), long_e.Reveal().first(16)));
  Secret long_a = KdfA(HashAlgorithm::kSha256, kKey, "ID", kU, kV, 256);
  Secret short_a = KdfA(HashAlgorithm::kSha256, kKey, "ID", kU, kV, 128);
  EXPECT_FALSE(Equal(short_a.Reveal(), long_a.Reveal().first(16)));
}

}  // namespace
}  // namespace holdfast::tpm
