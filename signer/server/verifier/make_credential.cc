#include "signer/server/verifier/make_credential.h"

#include "protocol/byte_cursor.h"
#include "signer/server/verifier/outer_wrap.h"

namespace holdfast {

Result<Bytes> MakeCredential(const tpm::Public& ek, const tpm::Name& name, const Secret& secret) {
  constexpr size_t kMaxSecret = 32;  // one SHA-256 digest: what every TPM takes
  if (secret.empty() || secret.size() > kMaxSecret)
    return Fail(ErrorKind::kInternal, "credential.secret", "a credential holds 1 to 32 octets");
  HOLDFAST_TRY(const WrapSeed seed, MakeWrapSeed(ek, "IDENTITY"));
  const Secret sized(Writer().Sized16(secret.Reveal()).Take());
  HOLDFAST_TRY(const Bytes id_object,
               OuterWrap(ek, seed.seed, name, sized));  // TPMS_ID_OBJECT, Part 2, 12.4.3
  return Writer().Sized16(id_object).Sized16(seed.encrypted).Take();
}

}  // namespace holdfast
