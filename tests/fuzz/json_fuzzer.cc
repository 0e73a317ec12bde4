// Strict JSON against the lenient parser of the library: what we accept, it accepts with the same meaning.
#include "protocol/strict_json.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText({data, size});
  auto strict = ParseJson(text, 64 * 1024);
  if (!strict) {
    HOLDFAST_REQUIRE(strict.error().check.starts_with("json."));
    return 0;
  }
  const Json lenient = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  HOLDFAST_REQUIRE(!lenient.is_discarded());
  HOLDFAST_REQUIRE(lenient.dump() == strict->dump());
  const std::string again = strict->dump();
  auto reread = ParseJson(again, again.size());
  HOLDFAST_REQUIRE(reread && *reread == *strict);
  return 0;
}
