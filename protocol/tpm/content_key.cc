#include <algorithm>

#include "protocol/byte_cursor.h"
#include "protocol/tpm/templates.h"

namespace holdfast::tpm {
namespace {

constexpr uint16_t kKeyedHash = 0x0008;
constexpr size_t kUniqueSize = 32;

}  // namespace

Bytes ContentKeyArea(ByteView auth_policy, ByteView unique) {
  return Writer()
      .U16(kKeyedHash)
      .U16(static_cast<uint16_t>(Alg::kSha256))
      .U32(kNoDa)
      .Sized16(auth_policy)
      .U16(static_cast<uint16_t>(Alg::kNull))
      .Sized16(unique)
      .Take();
}

bool MatchesContentKey(ByteView tpmt_public, ByteView auth_policy) {
  if (tpmt_public.size() < kUniqueSize) return false;
  return Equal(tpmt_public, ContentKeyArea(auth_policy, tpmt_public.last(kUniqueSize)));
}

Name ContentKeyName(ByteView tpmt_public) {
  return Writer().U16(static_cast<uint16_t>(Alg::kSha256)).Raw(Sha256(tpmt_public)).Take();
}

}  // namespace holdfast::tpm
