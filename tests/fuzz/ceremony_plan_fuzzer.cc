// Plans of ceremonies and of changes: what parses is written and read again to the same text.
#include <cstdlib>

#include "signer/hsm/ceremony_plan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  const std::string_view text = AsText({data, size});
  if (auto plan = hsm::ParseCeremonyPlan(text, "/d")) {
    const std::string written = hsm::FormatCeremonyPlan(*plan, "/d");
    auto again = hsm::ParseCeremonyPlan(written, "/d");
    if (!again || hsm::FormatCeremonyPlan(*again, "/d") != written) std::abort();
  }
  if (auto change = hsm::ParseChangePlan(text)) {
    auto again = hsm::ParseChangePlan(hsm::FormatChangePlan(*change));
    if (!again) std::abort();
  }
  return 0;
}
