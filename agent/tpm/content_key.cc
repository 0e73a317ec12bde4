#include "agent/tpm/content_key.h"

#include "agent/tpm/gate.h"
#include "agent/tpm/keys.h"
#include "agent/tpm/marshal.h"
#include "agent/tpm/sessions.h"

namespace holdfast::tpm {
namespace {

constexpr TPMT_SYM_DEF_OBJECT kNoInnerWrapper = {.algorithm = TPM2_ALG_NULL};

tl::unexpected<Error> OfAnotherForm() {
  return Refused("tpm.content_key", "the content key does not have the form of one for this license",
                 "install the vendor's answer again; if it comes again, tell the vendor");
}

// It comes from an answer, or from the disk: not what it is but what it is for is shown here.
Status CheckForm(const KeySet& keys, const SealedContentKey& key) {
  const Bytes policy = GatePolicy(NameOf(GatePublic(keys.gate_index)), keys.gate_base);
  if (!MatchesContentKey(key.public_area, policy) || !Fits<TPM2B_PRIVATE>(key.duplicate) ||
      !Fits<TPM2B_ENCRYPTED_SECRET>(key.seed))
    return OfAnotherForm();
  return {};
}

Result<Handle> Import(Connection& tpm, const Primary& srk, const SealedContentKey& key) {
  HOLDFAST_TRY(const TPM2B_PUBLIC object, DecodePublic(key.public_area));
  const auto duplicate = Sized<TPM2B_PRIVATE>(key.duplicate);
  const auto seed = Sized<TPM2B_ENCRYPTED_SECRET>(key.seed);
  const TPM2B_DATA no_inner_key{};
  Owned<TPM2B_PRIVATE> wrapped;
  HOLDFAST_CHECK(tpm.Run({"TPM2_Import of the content key", Subject::kContentKey}, [&](ESYS_CONTEXT* esys) {
    return Esys_Import(esys, srk.handle.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &no_inner_key,
                       &object, &duplicate, &seed, &kNoInnerWrapper, wrapped.Receive());
  }));
  ESYS_TR tr = ESYS_TR_NONE;
  HOLDFAST_CHECK(tpm.Run({"TPM2_Load of the content key", Subject::kContentKey}, [&](ESYS_CONTEXT* esys) {
    return Esys_Load(esys, srk.handle.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &*wrapped, &object,
                     &tr);
  }));
  return Handle::Flushed(tpm, tr);
}

// ESAPI's buffer is overwritten before it is freed.
Secret Take(TPM2B_SENSITIVE_DATA& data) {
  Secret secret = Secret::CopyOf(View(data));
  explicit_bzero(&data, sizeof data);
  return secret;
}

}  // namespace

Result<Secret> OpenContentKey(Connection& tpm, const KeySet& keys, const SealedContentKey& key) {
  HOLDFAST_CHECK(CheckForm(keys, key));
  HOLDFAST_TRY(Primary srk, OpenSrk(tpm, keys.srk_public));
  HOLDFAST_TRY(Handle salted, SaltedSession(tpm, srk.handle));
  HOLDFAST_TRY(const Handle sealed, Import(tpm, srk, key));
  srk.handle.Release();
  HOLDFAST_TRY(const Handle gate, OpenGate(tpm, keys.gate_index));
  HOLDFAST_TRY(Handle policy, GatePolicySession(tpm, gate, keys.gate_base));
  Owned<TPM2B_SENSITIVE_DATA> data;
  HOLDFAST_CHECK(tpm.Run({"TPM2_Unseal of the content key", Subject::kGate}, [&](ESYS_CONTEXT* esys) {
    return Esys_Unseal(esys, sealed.tr(), policy.tr(), salted.tr(), ESYS_TR_NONE, data.Receive());
  }));
  policy.Ended();
  salted.Ended();
  Secret secret = Take(*data);
  if (secret.size() != kContentKeySize) return OfAnotherForm();
  return secret;
}

}  // namespace holdfast::tpm
