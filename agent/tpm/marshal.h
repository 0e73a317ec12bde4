// Octets to and from the structures that ESAPI takes and gives. Only for what goes to or comes from the local
// TPM; what matters of it is parsed again by protocol/tpm/structures.h, because Debian's libtss2-mu is lax.
#pragma once

#include <tss2/tss2_tpm2_types.h>

#include <algorithm>
#include <cstring>

#include "protocol/bytes.h"

namespace holdfast::tpm {

// A simple TPM2B is a UINT16 size and then an array of octets.
template <class Tpm2b>
constexpr size_t Capacity() {
  return sizeof(Tpm2b) - sizeof(UINT16);
}
template <class Tpm2b>
bool Fits(ByteView octets) {
  return octets.size() <= Capacity<Tpm2b>();
}
template <class Tpm2b>
Tpm2b Sized(ByteView octets) {  // precondition: Fits<Tpm2b>(octets)
  Tpm2b out{};
  out.size = static_cast<UINT16>(octets.size());
  if (!octets.empty())
    memcpy(reinterpret_cast<uint8_t*>(&out) + sizeof(UINT16), octets.data(), octets.size());
  return out;
}
template <class Tpm2b>
ByteView View(const Tpm2b& sized) {
  return {reinterpret_cast<const uint8_t*>(&sized) + sizeof(UINT16),
          std::min<size_t>(sized.size, Capacity<Tpm2b>())};
}

// TPMT_PUBLIC. Check: tpm.answer.
Result<TPM2B_PUBLIC> DecodePublic(ByteView tpmt_public);
Result<Bytes> Encode(const TPM2B_PUBLIC& object);
// TPMT_SIGNATURE.
Result<Bytes> Encode(const TPMT_SIGNATURE& signature);

}  // namespace holdfast::tpm
