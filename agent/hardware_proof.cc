#include "agent/hardware_proof.h"

#include "protocol/crypto/random.h"

namespace holdfast {
namespace {

HardwareProof ProofFrom(const Error& error) {
  if (error.check == "tpm.gate") return HardwareProof::kRetired;
  if (error.check == "tpm.cleared") return HardwareProof::kWrongHardware;
  return HardwareProof::kUnavailable;
}

}  // namespace

HardwareVerdict ProveHardware(const KeySet& keys, const PublicKey& license_key, LicenseKeySigner& signer) {
  const Bytes challenge = RandomBytes(32);
  const Sha256Digest digest = Sha256({AsBytes(kHardwareProofDomain), challenge});
  auto signature = signer.Sign(keys, digest);
  if (!signature) return {ProofFrom(signature.error()), signature.error()};
  auto status =
      license_key.VerifyDigest(SignatureAlgorithm::kEcdsaSha256, digest, *signature, EcdsaForm::kRaw);
  if (!status) return {HardwareProof::kWrongHardware, status.error()};
  return {HardwareProof::kProven, {}};
}

Result<PublicKey> LicenseKeyOf(const KeySet& keys) {
  auto area = tpm::ParsePublic(keys.license_key_public);
  auto key = area ? tpm::KeyOf(*area) : tl::unexpected(area.error());
  if (key) return key;
  return Malformed("state.license_key", "the license key's public area is damaged: " + key.error().message,
                   "make a new request with --new");
}

}  // namespace holdfast
