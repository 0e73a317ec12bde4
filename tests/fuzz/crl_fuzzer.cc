// The CRL profile. What ours accepts OpenSSL reads too, and our writer gives back the same octets.
#include "certs/crl.h"
#include "certs/openssl_x509.h"
#include "tests/fuzz/der_mutator.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  const ByteView der(data, size);
  const auto ours = Crl::Parse(der);
  if (!ours) return 0;
  const X509CrlPtr theirs = DecodeX509Crl(der);
  HOLDFAST_REQUIRE(theirs && Equal(EncodeOpenssl<i2d_X509_CRL>(theirs.get()), der));
  for (const RevokedEntry& entry : ours->fields().entries)
    HOLDFAST_REQUIRE(ours->Find(entry.serial) == &entry);
  return 0;
}
