#include "agent/tpm/keys.h"

#include "agent/tpm/marshal.h"

namespace holdfast::tpm {
namespace {

tl::unexpected<Error> NotAsked(const Step& step) {
  return Fail(ErrorKind::kUnavailable, "tpm.answer",
              std::string(step.what) + " gave a key that was not asked for");
}

Result<KeyBlobs> Create(Connection& tpm, const Step& step, const Primary& parent, ESYS_TR authorisation,
                        ByteView area) {
  HOLDFAST_TRY(const TPM2B_PUBLIC wanted, DecodePublic(area));
  const TPM2B_SENSITIVE_CREATE no_auth{};
  const TPM2B_DATA no_info{};
  const TPML_PCR_SELECTION no_pcrs{};
  Owned<TPM2B_PRIVATE> secret;
  Owned<TPM2B_PUBLIC> made;
  HOLDFAST_CHECK(tpm.Run(step, [&](ESYS_CONTEXT* esys) {
    return Esys_Create(esys, parent.handle.tr(), authorisation, ESYS_TR_NONE, ESYS_TR_NONE, &no_auth, &wanted,
                       &no_info, &no_pcrs, secret.Receive(), made.Receive(), nullptr, nullptr, nullptr);
  }));
  HOLDFAST_TRY(Bytes public_area, Encode(*made));
  return KeyBlobs{std::move(public_area), ToBytes(View(*secret))};
}

Result<Handle> Load(Connection& tpm, const Step& step, const Primary& parent, ESYS_TR authorisation,
                    ByteView public_area, ByteView private_area) {
  HOLDFAST_TRY(const TPM2B_PUBLIC object, DecodePublic(public_area));
  if (!Fits<TPM2B_PRIVATE>(private_area)) return Malformed("keys.private", "a private area is too long");
  const auto secret = Sized<TPM2B_PRIVATE>(private_area);
  ESYS_TR tr = ESYS_TR_NONE;
  HOLDFAST_CHECK(tpm.Run(step, [&](ESYS_CONTEXT* esys) {
    return Esys_Load(esys, parent.handle.tr(), authorisation, ESYS_TR_NONE, ESYS_TR_NONE, &secret, &object,
                     &tr);
  }));
  return Handle::Flushed(tpm, tr);
}

}  // namespace

Result<KeyBlobs> CreateAk(Connection& tpm, const Primary& ek, EkTemplate which) {
  constexpr Step kStep{"TPM2_Create of the AK", Subject::kEndorsement};
  HOLDFAST_TRY(Handle session, EkPolicySession(tpm, which));
  HOLDFAST_TRY(KeyBlobs ak, Create(tpm, kStep, ek, session.tr(), AkTemplateBytes()));
  session.Ended();
  Result<Public> parsed = ParsePublic(ak.public_area);
  if (!parsed || !MatchesAk(*parsed)) return NotAsked(kStep);
  return ak;
}

Result<KeyBlobs> CreateLicenseKey(Connection& tpm, const Primary& srk, ByteView auth_policy) {
  constexpr Step kStep{"TPM2_Create of the license key", Subject::kOwner};
  HOLDFAST_TRY(KeyBlobs key, Create(tpm, kStep, srk, ESYS_TR_PASSWORD, LicenseKeyTemplateBytes(auth_policy)));
  Result<Public> parsed = ParsePublic(key.public_area);
  if (!parsed || !MatchesLicenseKey(*parsed) || !Equal(parsed->auth_policy, auth_policy))
    return NotAsked(kStep);
  return key;
}

Result<Handle> LoadAk(Connection& tpm, const KeySet& keys) {
  HOLDFAST_TRY(Primary ek, OpenEk(tpm, keys.ek, keys.ek_public));
  return LoadAk(tpm, keys, ek);
}

Result<Handle> LoadAk(Connection& tpm, const KeySet& keys, const Primary& ek) {
  HOLDFAST_TRY(Handle session, EkPolicySession(tpm, keys.ek));
  HOLDFAST_TRY(Handle ak, Load(tpm, {"TPM2_Load of the AK", Subject::kKey}, ek, session.tr(), keys.ak_public,
                               keys.ak_private));
  session.Ended();
  return ak;
}

Result<Handle> LoadLicenseKey(Connection& tpm, const KeySet& keys) {
  Bytes id = keys.license_key_public;
  Append(id, keys.license_key_private);
  if (std::optional<Handle> known = tpm.Recall(id)) return std::move(*known);
  HOLDFAST_TRY(Primary srk, OpenSrk(tpm, keys.srk_public));
  HOLDFAST_TRY(Handle key, Load(tpm, {"TPM2_Load of the license key", Subject::kKey}, srk, ESYS_TR_PASSWORD,
                                keys.license_key_public, keys.license_key_private));
  srk.handle.Release();
  tpm.Remember(id, key);
  return key;
}

}  // namespace holdfast::tpm
