#include "agent/tpm/keys.h"
#include "agent/tpm/marshal.h"
#include "agent/tpm/use.h"
#include "protocol/byte_cursor.h"

namespace holdfast::tpm {
namespace {

struct Credential {
  TPM2B_ID_OBJECT id;
  TPM2B_ENCRYPTED_SECRET secret;
};

Result<Credential> Parse(ByteView encrypted_key) {
  Reader in(encrypted_key);
  ByteView id = in.Sized16(), secret = in.Sized16();
  if (!in.AtEnd() || !Fits<TPM2B_ID_OBJECT>(id) || !Fits<TPM2B_ENCRYPTED_SECRET>(secret))
    return Refused("tpm.credential", "the answer's wrapped key is not a TPM credential",
                   "get the answer file again; if it is whole, report it to the vendor");
  return Credential{Sized<TPM2B_ID_OBJECT>(id), Sized<TPM2B_ENCRYPTED_SECRET>(secret)};
}

// ESAPI's buffer is overwritten before it is freed.
Secret TakeSecret(TPM2B_DIGEST& revealed) {
  Secret secret = Secret::CopyOf(View(revealed));
  explicit_bzero(&revealed, sizeof revealed);
  return secret;
}

}  // namespace

Result<Secret> OpenCredential(Connection& tpm, const KeySet& keys, ByteView encrypted_key) {
  HOLDFAST_TRY(Credential credential, Parse(encrypted_key));
  HOLDFAST_TRY(Primary ek, OpenEk(tpm, keys.ek, keys.ek_public));
  HOLDFAST_TRY(Handle ak, LoadAk(tpm, keys, ek));
  HOLDFAST_TRY(Handle salted, SaltedSession(tpm, ek.handle));
  HOLDFAST_TRY(Handle ek_policy, EkPolicySession(tpm, keys.ek));
  Owned<TPM2B_DIGEST> revealed;
  HOLDFAST_CHECK(tpm.Run({"TPM2_ActivateCredential", Subject::kCredential}, [&](ESYS_CONTEXT* esys) {
    return Esys_ActivateCredential(esys, ak.tr(), ek.handle.tr(), salted.tr(), ek_policy.tr(), ESYS_TR_NONE,
                                   &credential.id, &credential.secret, revealed.Receive());
  }));
  salted.Ended();
  ek_policy.Ended();
  return TakeSecret(*revealed);
}

}  // namespace holdfast::tpm
