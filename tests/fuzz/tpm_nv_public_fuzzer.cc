// TPMS_NV_PUBLIC: whatever parses is encoded to the same octets again.
#include "protocol/tpm/structures.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  auto parsed = tpm::ParseNvPublic({data, size});
  if (parsed && !Equal(EncodeNvPublic(*parsed), {data, size})) __builtin_trap();
  return 0;
}
