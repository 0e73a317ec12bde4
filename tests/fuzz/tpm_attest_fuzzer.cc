// TPMS_ATTEST: whatever parses is encoded to the same octets again by the encoder that tests play a TPM with.
#include "tests/testing/tpm_encoding.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  auto parsed = tpm::ParseAttest({data, size});
  if (parsed && !Equal(testing::EncodeAttest(*parsed), {data, size})) __builtin_trap();
  return 0;
}
