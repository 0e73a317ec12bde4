// What the files of the lint share: values as OpenSSL holds them against those that were ordered.
#pragma once

#include "certs/certificate.h"
#include "certs/openssl_x509.h"

namespace holdfast {

// The object is a defect of ours: kInternal.
tl::unexpected<Error> Disagree(std::string_view check, std::string what);

// The octets of a UTCTime or GeneralizedTime as our writer makes them: what the others are asked for.
std::string TimeText(Time time);

bool SameTime(const ASN1_TIME* openssl, Time time);
bool SameSerial(const ASN1_INTEGER* openssl, const Bytes& serial);
bool SameName(const X509_NAME* openssl, const DistinguishedName& name);

}  // namespace holdfast
