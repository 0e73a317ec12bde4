// The path of an EK certificate to the bundle, by OpenSSL.
#pragma once

#include "certs/ek_certificate.h"
#include "certs/openssl_x509.h"

namespace holdfast {

// chain[0] is the EK certificate; the others may help. Returns the anchor, which points into `bundle`.
// Checks: ek.path, ek.revoked, ek.der, ek.internal.
Result<const EkRoot*> VerifyEkPath(const std::vector<X509Ptr>& chain, const EkRootBundle& bundle);

}  // namespace holdfast
