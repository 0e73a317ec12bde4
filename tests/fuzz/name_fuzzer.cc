// Distinguished names: one encoding each.
#include "certs/name.h"
#include "tests/fuzz/der_mutator.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  const ByteView der(data, size);
  if (const auto name = ParseName(der)) {
    const auto again = EncodeName(*name);
    HOLDFAST_REQUIRE(again && Equal(*again, der));
  }
  const DistinguishedName any{"", std::string(AsText(der))};
  if (const auto encoded = EncodeName(any)) HOLDFAST_REQUIRE(ParseName(*encoded) == any);
  return 0;
}
