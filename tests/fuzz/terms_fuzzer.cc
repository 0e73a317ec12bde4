// License terms: what is read is written in one form, which is read as the same.
#include "protocol/terms.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText({data, size});
  auto terms = ParseTerms(text);
  if (!terms) return 0;
  HOLDFAST_REQUIRE(!terms->expires || *terms->expires > terms->valid_from);
  HOLDFAST_REQUIRE(terms->grants.features.size() <= kMaxFeatures &&
                   terms->grants.limits.size() <= kMaxLimits);
  const std::string once = FormatTerms(*terms);
  if (once.size() > kMaxTermsSize) return 0;  // defaults written out, escapes
  auto again = ParseTerms(once);
  HOLDFAST_REQUIRE(again && FormatTerms(*again) == once);
  return 0;
}
