// signer.conf: what parses is written and read again to the same text.
#include <cstdlib>

#include "signer/hsm/signer_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  auto config = hsm::ParseSignerConfig(AsText({data, size}), "/d");
  if (!config) return 0;
  const std::string text = hsm::FormatSignerConfig(*config, "/d");
  auto again = hsm::ParseSignerConfig(text, "/d");
  if (!again || hsm::FormatSignerConfig(*again, "/d") != text) std::abort();
  return 0;
}
