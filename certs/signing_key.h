// A private key that somebody else holds (token, TPM, test). What is signed is always a digest that we
// computed.
#pragma once

#include "protocol/crypto/public_key.h"

namespace holdfast {

class SigningKey {
 public:
  virtual ~SigningKey() = default;
  virtual const PublicKey& public_key() const = 0;
  // ECDSA: r || s of full length; RSA: PKCS#1 v1.5. `digest` is of HashFor(AlgorithmFor(type)). Already
  // verified against public_key(). Thread safe.
  virtual Result<Bytes> SignDigest(ByteView digest) = 0;
};

}  // namespace holdfast
