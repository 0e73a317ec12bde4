// TPMT_SIGNATURE: whatever parses is r || s of full length.
#include "protocol/tpm/structures.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  auto parsed = tpm::ParseSignature({data, size});
  if (parsed && parsed->raw.size() != 64) __builtin_trap();
  return 0;
}
