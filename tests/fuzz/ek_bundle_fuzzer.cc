// The bundle of EK trust anchors: what parses formats to something that parses to the same.
#include "certs/ek_certificate.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  const auto bundle = ParseEkRootBundle(AsText({data, size}));
  if (!bundle) return 0;
  const std::string text = FormatEkRootBundle(*bundle);
  const auto again = ParseEkRootBundle(text);
  HOLDFAST_REQUIRE(again && FormatEkRootBundle(*again) == text);
  return 0;
}
