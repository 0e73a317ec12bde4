#include "agent/hardware_proof.h"

#include "agent/host/components.h"
#include "protocol/crypto/random.h"

namespace holdfast {
namespace {

HardwareProof ProofFrom(const Error& error) {
  if (error.check == "tpm.gate") return HardwareProof::kRetired;
  if (error.check == "tpm.cleared" || error.check == "keys.private") return HardwareProof::kWrongHardware;
  return HardwareProof::kUnavailable;
}

Result<Bytes> SignWith(const LicenseKeys& keys, const Sha256Digest& digest, const Hardware& hardware,
                       const StateDirectory& state) {
  if (const auto* host = std::get_if<HostKeys>(&keys)) {
    HOLDFAST_TRY(const HostPrivateKeys own, state.ReadHostKeys(*host));
    return own.license_key.Sign(digest);
  }
  return hardware.tpm.Sign(std::get<KeySet>(keys), digest);
}

std::string Joined(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + name;
  return joined;
}

HardwareVerdict CompareHost(const LicenseTerms& terms, const Path& host_root) {
  const Fingerprint here = MakeFingerprint(terms.vendor, terms.product, host::ReadComponents(host_root));
  FingerprintMatch compared = MatchFingerprint(terms.fingerprint, here);
  if (compared.match) return {HardwareProof::kProven, {}, std::move(compared.differ)};
  Error error{ErrorKind::kRefused, "host.fingerprint",
              "this is not the host that was licensed: its " + Joined(compared.differ) + " differ",
              "request a license for this host"};
  return {HardwareProof::kWrongHardware, std::move(error), std::move(compared.differ)};
}

// By a signature of `digest`, which nobody has signed before; it is left in `signature`.
HardwareVerdict ProveBy(const Sha256Digest& digest, const LicenseKeys& keys, const VerifiedLicense& license,
                        const Hardware& hardware, const StateDirectory& state, Bytes& signature) {
  if (IsHost(keys) != (license.terms.assurance == AssuranceClass::kHost)) {
    return {HardwareProof::kWrongHardware,
            {ErrorKind::kRefused, "state.assurance", "the keys beside the license are not of its class", ""}};
  }
  auto made = SignWith(keys, digest, hardware, state);
  if (!made) return {ProofFrom(made.error()), made.error()};
  signature = std::move(*made);
  auto status =
      license.license_key.VerifyDigest(SignatureAlgorithm::kEcdsaSha256, digest, signature, EcdsaForm::kRaw);
  if (!status) return {HardwareProof::kWrongHardware, status.error()};
  if (IsHost(keys)) return CompareHost(license.terms, hardware.host_root);
  return {HardwareProof::kProven, {}};
}

}  // namespace

HardwareVerdict ProveHardware(const LicenseKeys& keys, const VerifiedLicense& license,
                              const Hardware& hardware, const StateDirectory& state) {
  const Bytes challenge = RandomBytes(32);
  Bytes signature;
  return ProveBy(Sha256({AsBytes(kHardwareProofDomain), challenge}), keys, license, hardware, state,
                 signature);
}

ProvenSession ProveWithSession(const LicenseKeys& keys, const VerifiedLicense& license,
                               const Sha256Digest& certificate, const SessionOccasion& occasion,
                               const Hardware& hardware, const StateDirectory& state) {
  auto draft = DraftSession(license, certificate, occasion);
  if (!draft) return {{HardwareProof::kUnavailable, draft.error()}, {}};
  Bytes signature;
  ProvenSession proven{ProveBy(draft->digest, keys, license, hardware, state, signature), {}};
  if (proven.verdict.proof == HardwareProof::kProven)
    proven.session = FinishSession(std::move(*draft), signature);
  return proven;
}

}  // namespace holdfast
