// What a PublicKey owns; for the files here that hand it to libcrypto.
#pragma once

#include "protocol/crypto/openssl_handles.h"
#include "protocol/crypto/public_key.h"

namespace holdfast {

struct PublicKey::Impl {
  KeyType type = KeyType::kEcP256;
  size_t bits = 0;
  Bytes spki;
  PkeyPtr pkey;  // EVP_PKEY verification with a context of its own is thread safe (openssl-threads(7))
};

}  // namespace holdfast
