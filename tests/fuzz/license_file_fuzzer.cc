// License files, and their path against anchors that they cannot lead to.
#include "certs/path.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  const auto file = ParseLicenseFile(AsText({data, size}));
  if (!file) return 0;
  const auto again = ParseLicenseFile(FormatLicenseFile(*file));
  HOLDFAST_REQUIRE(again && again->license.der() == file->license.der() &&
                   again->crl.der() == file->crl.der());
  HOLDFAST_REQUIRE(!VerifyLicense(*file, {}));
  return 0;
}
