// TPMT_PUBLIC: whatever parses has a Name and is matched without surprise; its key is one or is refused.
#include "protocol/tpm/templates.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  auto parsed = tpm::ParsePublic({data, size});
  if (!parsed) return 0;
  if (NameOf(*parsed).size() < 34 || !Equal(parsed->encoded, {data, size})) __builtin_trap();
  int matches = tpm::MatchEk(*parsed).has_value() + tpm::MatchesSrk(*parsed) + tpm::MatchesAk(*parsed) +
                tpm::MatchesLicenseKey(*parsed);
  if (matches > 1) __builtin_trap();
  (void)KeyOf(*parsed);
  return 0;
}
