// The opinions of other libraries that the lint asks for, each alone; openssl_outline.h is the third.
#pragma once

#include "certs/crl.h"

namespace holdfast {

// OpenSSL's d2i functions read the whole of `der`, find in it what was ordered (of extensions nothing) and encode
// it to the same octets. Check: lint.openssl.
Status LintWithOpenssl(ByteView der, const CertificateFields& ordered);
Status LintWithOpenssl(ByteView der, const CrlFields& ordered);

// Botan reads it and finds in it what was ordered: of certificates the fields but no extensions, of lists times and
// entries with their reasons. Check: lint.botan.
Status LintWithBotan(ByteView der, const CertificateFields& ordered);
Status LintWithBotan(ByteView der, const CrlFields& ordered);

}  // namespace holdfast
