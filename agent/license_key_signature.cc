#include "agent/license_key_signature.h"

namespace holdfast {

Result<Bytes> SignByLicenseKey(const Sha256Digest& digest, const LicenseKeys& keys, LicenseKeySigner& signer,
                               const StateDirectory& state) {
  if (const auto* host = std::get_if<HostKeys>(&keys)) {
    HOLDFAST_TRY(const HostPrivateKeys own, state.ReadHostKeys(*host));
    return own.license_key.Sign(digest);
  }
  return signer.Sign(std::get<KeySet>(keys), digest);
}

}  // namespace holdfast
