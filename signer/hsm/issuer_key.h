// What the pipeline needs of a private key: signatures that it verifies itself, on another core.
#pragma once

#include <functional>

#include "signer/hsm/pkcs11/token.h"

namespace holdfast::hsm {

struct IssuerKey {
  PublicKey public_key;
  std::function<Result<Bytes>(ByteView digest)> sign_unverified;  // raw form; thread safe
  std::function<void()> report_bad_signature;
  std::function<Status()> keep_alive;
  std::function<KeyHealth()> health;
};

IssuerKey FromTokenKey(std::shared_ptr<TokenKey> key);

}  // namespace holdfast::hsm
