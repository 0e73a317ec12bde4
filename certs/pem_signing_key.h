// A private key in a PEM file (PKCS#8 or SEC 1), P-256 only: what an operator approves plans with when the
// key is not on a smart card. An encrypted file is asked for its passphrase at the terminal. Never a key of
// the vendor's PKI.
#pragma once

#include <memory>

#include "certs/signing_key.h"
#include "protocol/secret.h"

namespace holdfast {

Result<std::unique_ptr<SigningKey>> ParsePemSigningKey(const Secret& pem);  // check: pem_key.<what>

}  // namespace holdfast
