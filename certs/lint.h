// What is looked at once more before a signed object leaves: our closed profile again, and parses by OpenSSL
// and by Botan, which must agree with each other and with what was ordered.
#pragma once

#include "certs/crl.h"

namespace holdfast {

// Checks: lint.profile, lint.fields (the object does not say what was ordered), lint.openssl, lint.botan.
Status LintCertificate(ByteView der, const CertificateFields& ordered);
Status LintCrl(ByteView der, const CrlFields& ordered);

}  // namespace holdfast
