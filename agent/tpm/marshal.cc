#include "agent/tpm/marshal.h"

#include <tss2/tss2_mu.h>

namespace holdfast::tpm {
namespace {

tl::unexpected<Error> Nonsense(const char* what) {
  return Fail(ErrorKind::kUnavailable, "tpm.answer", std::string(what) + " does not have the form of one");
}

}  // namespace

Result<TPM2B_PUBLIC> DecodePublic(ByteView tpmt_public) {
  TPM2B_PUBLIC out{};
  size_t used = 0;
  if (Tss2_MU_TPMT_PUBLIC_Unmarshal(tpmt_public.data(), tpmt_public.size(), &used, &out.publicArea) ||
      used != tpmt_public.size())
    return Nonsense("a public area");
  return out;
}

Result<Bytes> Encode(const TPM2B_PUBLIC& object) {
  Bytes out(sizeof object);
  size_t size = 0;
  if (Tss2_MU_TPMT_PUBLIC_Marshal(&object.publicArea, out.data(), out.size(), &size))
    return Nonsense("the TPM's public area");
  out.resize(size);
  return out;
}

Result<Bytes> Encode(const TPMT_SIGNATURE& signature) {
  Bytes out(sizeof signature);
  size_t size = 0;
  if (Tss2_MU_TPMT_SIGNATURE_Marshal(&signature, out.data(), out.size(), &size))
    return Nonsense("the TPM's signature");
  out.resize(size);
  return out;
}

}  // namespace holdfast::tpm
