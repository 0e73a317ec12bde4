// EK certificates. The input is its own anchor, so that every check behind the path is reached, too.
#include "certs/ek_certificate.h"
#include "tests/fuzz/der_mutator.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  const Bytes der(data, data + size);
  EkRootBundle bundle{1, {{EkRootClass::kSimulator, "itself", der}}, {}};
  const auto identity = VerifyEkCertificate({der}, bundle, Time{});
  if (!identity) return 0;
  HOLDFAST_REQUIRE(!identity->manufacturer.empty() && !identity->model.empty() && !identity->version.empty());
  bundle.roots.clear();
  HOLDFAST_REQUIRE(!VerifyEkCertificate({der}, bundle, Time{}));
  return 0;
}
