// Product files: every plan of an accepted file gives terms that every reader accepts, whenever it is sold.
#include "protocol/terms.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

static Fingerprint LargestFingerprint() {
  Fingerprint fingerprint;
  for (std::string_view name : kFingerprintComponents)
    fingerprint[std::string(name)] = std::vector<Sha256Digest>(kMaxComponentValues);
  return fingerprint;
}

static constexpr LedgerPin kPin{0x01ffffff, kMaxNumber};

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText({data, size});
  auto file = ParseProductFile(text);
  if (!file) return 0;
  for (const auto& [id, plan] : file->plans) {
    for (Time sold : {Time{}, Time{Seconds{1795327200}}, Time{Seconds{250000000000}}}) {
      for (AssuranceClass assurance : plan.assurance) {
        const bool by_host = assurance == AssuranceClass::kHost;
        const LicenseTerms terms = ResolvePlan(
            plan, {"L-1", "V", "product", id, sold, assurance, by_host ? LargestFingerprint() : Fingerprint(),
                   by_host ? std::nullopt : std::optional(kPin)});
        auto read = ParseTerms(FormatTerms(terms));
        HOLDFAST_REQUIRE(read && FormatTerms(*read) == FormatTerms(terms));
      }
    }
  }
  return 0;
}
