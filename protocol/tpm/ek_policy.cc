#include "protocol/byte_cursor.h"
#include "protocol/tpm/templates.h"

namespace holdfast::tpm {
namespace {

constexpr uint32_t kPolicySecret = 0x00000151, kPolicyOr = 0x00000171;  // TPM_CC

}  // namespace

// Part 3, 23.4: the entity's Name, for a hierarchy its handle, then a second step for policyRef, here empty.
Bytes PolicyA(Alg hash) {
  HashAlgorithm h = HashOf(hash);
  Bytes start(DigestSize(h));
  Bytes entity = Writer().U32(kPolicySecret).U32(kEndorsement).Take();
  return Digest(h, {Digest(h, {start, entity})});
}

// PolicyAuthorizeNV of the index 0x01c07f02, as printed in the EK Credential Profile 2.x, B.6.5.
Bytes PolicyCSha384() {
  return HexDecode(
             "d6032ce61f2fb3c240eb3cf6a33237ef2b6a16f4293c22b455e261cffd217ad5b4947c2d73e63005eed2dc2b3593d16"
             "5")
      .value();
}

Bytes PolicyBSha384() {
  constexpr HashAlgorithm kHash = HashAlgorithm::kSha384;
  Bytes start(DigestSize(kHash));
  return Digest(kHash, {start, Writer().U32(kPolicyOr).bytes(), PolicyA(Alg::kSha384), PolicyCSha384()});
}

}  // namespace holdfast::tpm
