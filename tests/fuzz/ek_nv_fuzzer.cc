// EK certificates as they stand in a TPM's NV: whatever a manufacturer or an owner has written there.
#include "agent/tpm/ek_certificates.h"
#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  size_t total = 0;
  for (const Bytes& certificate : tpm::SplitCertificates({data, size})) {
    HOLDFAST_REQUIRE(certificate.size() > 2 && certificate[0] == 0x30);
    total += certificate.size();
    (void)tpm::NamesKey(certificate, {data, size});
  }
  HOLDFAST_REQUIRE(total <= size);
  (void)tpm::NamesKey({data, size}, {data, size});
  return 0;
}
