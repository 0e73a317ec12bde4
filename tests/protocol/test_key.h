// Private keys in software, for tests that need a genuine signature.
#pragma once

#include <openssl/evp.h>

#include <memory>

#include "protocol/crypto/public_key.h"

namespace holdfast {

class TestKey {
 public:
  static TestKey Generate(KeyType type, unsigned rsa_bits = 2048);
  static TestKey FromPem(std::string_view pem);

  PublicKey public_key() const;
  // ECDSA: r || s. RSA: PKCS#1 v1.5.
  Bytes Sign(SignatureAlgorithm algorithm, ByteView message) const;
  EVP_PKEY* get() const { return key_.get(); }

 private:
  explicit TestKey(EVP_PKEY* key);
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace holdfast
