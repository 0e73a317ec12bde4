// STATE/pending/*.json: what is read is written in one form, which is read as the same.
#include "agent/state/pending_request.h"
#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto pending = ParsePendingRequest(AsText({data, size}));
  if (!pending) return 0;
  const std::string once = FormatPendingRequest(*pending);
  auto again = ParsePendingRequest(once);
  HOLDFAST_REQUIRE(again && FormatPendingRequest(*again) == once);
  return 0;
}
