// What is looked at once more before a token is asked to sign: our closed profile again, and other libraries'
// parsers, which must agree with each other and with what was ordered (docs/decisions/0030, 0052).
#pragma once

#include "certs/crl.h"

namespace holdfast {

// Checks of all three: lint.profile (our parser refuses it), lint.fields (it does not say what was ordered),
// lint.openssl, lint.botan (they cannot read it, or read something else in it).

// Our profile, d2i_X509 and Botan: about 135 µs.
Status LintCertificate(ByteView der, const CertificateFields& ordered);
// For the many licenses: our profile and OpenSSL's ASN.1 engine (openssl_outline.h), about 12 µs; no Botan.
// `key` is ordered.subject_spki, parsed: the point is not checked to be on the curve a second time.
Status LintLicense(ByteView der, const CertificateFields& ordered, const PublicKey& key);
// Our profile, d2i_X509_CRL and Botan.
Status LintCrl(ByteView der, const CrlFields& ordered);

}  // namespace holdfast
