// A P-256 private key in memory, for hosts without a TPM: signs (FIPS 186-5) and agrees (ECDH, SP 800-56A). Keys of
// vendors are in HSMs, those of other hosts in TPMs.
#pragma once

#include "protocol/crypto/public_key.h"
#include "protocol/secret.h"

namespace holdfast {

class EcPrivateKey {
 public:
  static constexpr size_t kScalarSize = 32;

  static Result<EcPrivateKey> Generate();
  // Big-endian, 32 octets, 0 < d < n. Check: key.private.
  static Result<EcPrivateKey> FromScalar(const Secret& d);

  Secret Scalar() const;
  const PublicKey& public_key() const { return public_key_; }
  Result<Bytes> Sign(const Sha256Digest& digest) const;  // ECDSA: r || s
  // The x coordinate of the shared point, 32 octets. `peer` was parsed, so it is on the curve. Check: key.curve
  // (the peer's is another).
  Result<Secret> Agree(const PublicKey& peer) const;

 private:
  struct Impl;
  EcPrivateKey(std::shared_ptr<const Impl> impl, PublicKey public_key)
      : impl_(std::move(impl)), public_key_(std::move(public_key)) {}
  static Result<EcPrivateKey> FromImpl(Impl impl);

  std::shared_ptr<const Impl> impl_;  // libcrypto overwrites the scalar when it frees it
  PublicKey public_key_;
};

}  // namespace holdfast
