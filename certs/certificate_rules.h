// What the values in a certificate must be, apart from how they are encoded: asked before one is built and
// after one is parsed.
#pragma once

#include "certs/certificate.h"

namespace holdfast {

Bytes KeyIdentifier(ByteView spki);  // empty when it is not DER of that shape

bool IsSerial(ByteView serial);  // 1 to 20 octets, first bit clear, first octet not zero

// Everything but the names (EncodeName and ParseName) and the subject key. Check: certificate.<field>.
Status CheckCertificateFields(const CertificateFields& fields);
// License: P-256. The others: P-256, P-384, RSA of 3072 or 4096 bits. Check: certificate.key.
Status CheckSubjectKey(CertificateProfile profile, const PublicKey& key);

}  // namespace holdfast
