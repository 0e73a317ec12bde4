// OpenSSL's opinion on a license certificate without the price of d2i_X509, which in 3.0 spends 85 of its
// 90 us on finding a decoder for the subject's key. Its ASN.1 engine and its own templates for names, times,
// algorithms and extensions read the certificate as d2i_X509 would; the key stays an algorithm and a bit
// string (RFC 5280 4.1.2.7). Whether those are a point on P-256 is for PublicKey, which asks OpenSSL too.
#pragma once

#include "certs/certificate.h"

namespace holdfast {

// OpenSSL reads the whole of `der`, finds in it what was ordered, and encodes it to the same octets. Unlike
// with an X509, which keeps the octets of its TBSCertificate, that is a second writing (of all but the
// names). Check: lint.openssl.
Status LintWithOpensslOutline(ByteView der, const CertificateFields& ordered);

}  // namespace holdfast
