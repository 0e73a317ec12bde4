#include "protocol/byte_cursor.h"
#include "protocol/tpm/structures.h"

namespace holdfast::tpm {
namespace {

// TPMA_NV (Part 2, 13.4): bits 8, 9 and 20 to 24 are reserved.
constexpr uint32_t kReservedNvAttributes = 0x01f00300;
constexpr uint32_t kNvHandleType = 0x01;  // TPM_HT_NV_INDEX, the handle's most significant octet

}  // namespace

Result<NvPublic> ParseNvPublic(ByteView tpms_nv_public) {
  Reader in(tpms_nv_public);
  NvPublic out;
  out.index = in.U32();
  out.name_alg = static_cast<Alg>(in.U16());
  out.attributes = in.U32();
  out.auth_policy = ToBytes(in.Sized16());
  out.data_size = in.U16();
  if (!in.AtEnd())
    return Malformed("tpm.nv_public.size", "the NV public area ends early or has octets after its end");
  if (out.index >> 24 != kNvHandleType)
    return Malformed("tpm.nv_public.index", "the handle is not one of an NV index");
  if (out.name_alg != Alg::kSha256 && out.name_alg != Alg::kSha384)
    return Malformed("tpm.nv_public.name_alg", "the Name algorithm is neither SHA-256 nor SHA-384");
  if (out.attributes & kReservedNvAttributes)
    return Malformed("tpm.nv_public.attributes", "a reserved attribute bit is set");
  if (!out.auth_policy.empty() && out.auth_policy.size() != DigestSize(HashOf(out.name_alg)))
    return Malformed("tpm.nv_public.auth_policy", "the policy is not as long as the Name algorithm's digest");
  out.encoded = ToBytes(tpms_nv_public);
  return out;
}

Bytes EncodeNvPublic(const NvPublic& index) {
  return Writer()
      .U32(index.index)
      .U16(static_cast<uint16_t>(index.name_alg))
      .U32(index.attributes)
      .Sized16(index.auth_policy)
      .U16(index.data_size)
      .Take();
}

}  // namespace holdfast::tpm
