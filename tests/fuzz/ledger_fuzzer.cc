// STATE/ledger.json and the content inside it: what is read is written in one form, which is read as the same.
#include "agent/ledger/ledger_file.h"
#include "tests/fuzz/require.h"

using namespace holdfast;

namespace {

void TryFile(std::string_view text) {
  const auto file = ParseLedgerFile(text);
  if (!file) return;
  const auto format = [](const LedgerFile& f) {
    return FormatLedgerFile(f.protection ? &*f.protection : nullptr, f.content, f.mac);
  };
  const std::string once = format(*file);
  const auto again = ParseLedgerFile(once);
  HOLDFAST_REQUIRE(again && format(*again) == once);
}

void TryContent(std::string_view text) {
  const auto content = ParseLedgerContent(text);
  if (!content) return;
  const std::string once = FormatLedgerContent(*content);
  const auto again = ParseLedgerContent(once);
  HOLDFAST_REQUIRE(again && FormatLedgerContent(*again) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText({data, size});
  TryFile(text);
  TryContent(text);
  return 0;
}
