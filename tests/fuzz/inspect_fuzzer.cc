// holdfast inspect: bears any file, and what it prints does not move a terminal's cursor.
#include "tools/inspect/inspect.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto json = inspect::Inspect(AsText({data, size}));
  if (!json) {
    HOLDFAST_REQUIRE(!json.error().check.empty() && !json.error().message.empty());
    return 0;
  }
  HOLDFAST_REQUIRE(json->contains("kind") && json->contains("summary"));
  for (char c : inspect::Describe(*json)) HOLDFAST_REQUIRE(c == '\n' || static_cast<uint8_t>(c) >= 0x20);
  return 0;
}
