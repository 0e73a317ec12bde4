// STATE/returns/*.json: what is read is written in one form, which is read as the same.
#include "agent/state/returned_license.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto license = ParseReturnedLicense(AsText({data, size}));
  if (!license) return 0;
  const std::string once = FormatReturnedLicense(*license);
  auto again = ParseReturnedLicense(once);
  HOLDFAST_REQUIRE(again && FormatReturnedLicense(*again) == once);
  HOLDFAST_REQUIRE(license->statement.statement.gate.has_value() != IsHost(license->keys));
  return 0;
}
