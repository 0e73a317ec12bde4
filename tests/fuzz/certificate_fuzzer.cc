// The closed profiles. What ours accepts OpenSSL reads too, octet for octet; and it comes back from our writer.
#include "certs/certificate.h"
#include "certs/openssl_x509.h"
#include "tests/fuzz/der_mutator.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  const ByteView der(data, size);
  for (auto profile : {CertificateProfile::kRoot, CertificateProfile::kIssuing, CertificateProfile::kLicense,
                       CertificateProfile::kMessage}) {
    const auto ours = Certificate::Parse(der, profile);
    if (!ours) continue;
    const X509Ptr theirs = DecodeX509(der);
    HOLDFAST_REQUIRE(theirs && Equal(EncodeOpenssl<i2d_X509>(theirs.get()), der));
    const auto tbs = BuildTbsCertificate(ours->fields(), ours->algorithm());
    HOLDFAST_REQUIRE(tbs.has_value());
    HOLDFAST_REQUIRE(tbs->size() == ours->tbs().size());  // the order of the extensions may differ
  }
  return 0;
}
