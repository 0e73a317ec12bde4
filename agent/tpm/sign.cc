#include "agent/tpm/gate.h"
#include "agent/tpm/keys.h"
#include "agent/tpm/marshal.h"
#include "agent/tpm/use.h"

namespace holdfast::tpm {
namespace {

constexpr TPMT_SIG_SCHEME kKeysOwnScheme = {.scheme = TPM2_ALG_NULL};
constexpr TPMT_TK_HASHCHECK kNoTicket = {.tag = TPM2_ST_HASHCHECK,
                                         .hierarchy = TPM2_RH_NULL};  // not restricted

// ESAPI checks an HMAC over the answer, but in this session one without a key, which anybody can make. A wrong
// signature would only be found at the vendor's; a verification costs a tenth of a millisecond.
Result<Bytes> Verified(const KeySet& keys, const Sha256Digest& digest, const TPMT_SIGNATURE& made) {
  HOLDFAST_TRY(Bytes encoded, Encode(made));
  Result<Signature> signature = ParseSignature(encoded);
  HOLDFAST_TRY(Public area, ParsePublic(keys.license_key_public));
  HOLDFAST_TRY(PublicKey key, KeyOf(area));
  if (!signature ||
      !key.VerifyDigest(SignatureAlgorithm::kEcdsaSha256, digest, signature->raw, EcdsaForm::kRaw))
    return Fail(ErrorKind::kUnavailable, "tpm.answer", "the TPM's signature does not verify",
                "try again; if it comes again the TPM is broken or something alters its answers");
  return signature->raw;
}

}  // namespace

Result<Bytes> SignDigest(Connection& tpm, const KeySet& keys, const Sha256Digest& digest) {
  HOLDFAST_TRY(Handle key, LoadLicenseKey(tpm, keys));
  HOLDFAST_TRY(Handle gate, OpenGate(tpm, keys.gate_index));
  HOLDFAST_TRY(Handle policy, GatePolicySession(tpm, gate, keys.gate_base));
  const auto sized = Sized<TPM2B_DIGEST>(digest);
  Owned<TPMT_SIGNATURE> signature;
  HOLDFAST_CHECK(tpm.Run({"TPM2_Sign with the license key", Subject::kGate}, [&](ESYS_CONTEXT* esys) {
    return Esys_Sign(esys, key.tr(), policy.tr(), ESYS_TR_NONE, ESYS_TR_NONE, &sized, &kKeysOwnScheme,
                     &kNoTicket, signature.Receive());
  }));
  policy.Ended();
  return Verified(keys, digest, *signature);
}

}  // namespace holdfast::tpm
