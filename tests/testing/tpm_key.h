// Private keys in memory of the kinds that a TPM and its maker have, for tests that play either, or an
// attacker.
#pragma once

#include <memory>

#include "protocol/crypto/public_key.h"

struct evp_pkey_st;

namespace holdfast::testing {

class TpmKey {
 public:
  static TpmKey Generate(KeyType type);  // kEcP256, kEcP384, kRsa (2048 bits)

  const PublicKey& public_key() const { return public_key_; }
  Bytes SignSha256(ByteView message) const;  // ECDSA: r || s; RSA: PKCS #1 v1.5
  evp_pkey_st* handle() const { return handle_.get(); }

 private:
  TpmKey(std::shared_ptr<evp_pkey_st> handle, PublicKey key)
      : handle_(std::move(handle)), public_key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> handle_;
  PublicKey public_key_;
};

Bytes RsaModulus(const PublicKey& key);

}  // namespace holdfast::testing
