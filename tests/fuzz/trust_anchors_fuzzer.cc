// Trust anchors.
#include "certs/license_file.h"
#include "protocol/armor.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  const auto anchors = ParseTrustAnchors(AsText({data, size}));
  if (!anchors) return 0;
  std::string text;
  for (const Certificate& root : anchors->roots) text += Armor(kLabelCertificate, root.der());
  const auto again = ParseTrustAnchors(text);
  HOLDFAST_REQUIRE(again && again->roots.size() == anchors->roots.size());
  return 0;
}
