// STATE/licenses/*.json: what is read is written in one form, which is read as the same.
#include "agent/state/installed_license.h"
#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto license = ParseInstalledLicense(AsText({data, size}));
  if (!license) return 0;
  const std::string once = FormatInstalledLicense(*license);
  auto again = ParseInstalledLicense(once);
  HOLDFAST_REQUIRE(again && FormatInstalledLicense(*again) == once);
  return 0;
}
