// Key sets, as they stand in the agent's state file.
#include "agent/tpm/tpm.h"
#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto json = ParseJson(AsText({data, size}), 16384);
  if (!json) return 0;
  auto keys = ParseKeySet(*json);
  if (!keys) return 0;
  HOLDFAST_REQUIRE(keys->license_key_private.size() <= 1024 && keys->gate_base > 0);
  auto again = ParseKeySet(*ParseJson(FormatKeySet(*keys), 16384));
  HOLDFAST_REQUIRE(again && FormatKeySet(*again) == FormatKeySet(*keys));
  return 0;
}
