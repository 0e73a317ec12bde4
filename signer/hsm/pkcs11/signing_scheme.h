// How a key type signs a digest through PKCS#11. Hashed by us, single-part, CKM_ECDSA or CKM_RSA_PKCS: the
// only pair that all modules and proxies share.
#pragma once

#include "protocol/crypto/public_key.h"
#include "signer/hsm/pkcs11/cryptoki.h"

namespace holdfast::hsm {

struct SigningScheme {
  CK_KEY_TYPE key_type = 0;
  CK_MECHANISM_TYPE mechanism = 0;
  SignatureAlgorithm algorithm{};
  size_t digest_size = 0;
  size_t signature_size = 0;

  // Check: hsm.key_policy for types other than P-256, P-384 and RSA.
  static Result<SigningScheme> For(const PublicKey& key);

  // SoftHSM signs a digest of any length, also none: check hsm.digest.
  Status CheckDigest(ByteView digest) const;
  // What C_Sign gets: the digest, for RSA as DigestInfo (RFC 8017 9.2).
  Bytes Input(ByteView digest) const;
};

}  // namespace holdfast::hsm
