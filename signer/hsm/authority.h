// What the root key signs: issuing and message certificates, itself, and its list. Built and linted before
// the token sees a digest, verified after.
#pragma once

#include "certs/crl.h"
#include "certs/signing_key.h"

namespace holdfast::hsm {

Result<Certificate> SignCertificate(const CertificateFields& fields, SigningKey& issuer);
Result<Crl> SignCrl(const CrlFields& fields, SigningKey& issuer);

// A signature of the right form for `key`, so that an object can be looked at before anything is signed.
Bytes PlaceholderSignature(const PublicKey& key);

}  // namespace holdfast::hsm
