// PEM armor: what was read and is written again is read the same. And the guess of a file's kind never fails.
#include "protocol/armor.h"

#include "protocol/file_kind.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText({data, size});
  HOLDFAST_REQUIRE(!DescribeFileKind(RecogniseFile(text)).empty());
  auto blocks = ParseArmor(text);
  if (!blocks) return 0;
  HOLDFAST_REQUIRE(!blocks->empty() && blocks->size() <= kMaxArmorBlocks);
  std::string again;
  for (const ArmorBlock& block : *blocks)
    again += Armor(block.label, block.content, "-----BEGIN X-----\ntext");
  if (again.size() > kMaxFileSize) return 0;  // many short lines grow
  auto reread = ParseArmor(again);
  HOLDFAST_REQUIRE(reread && reread->size() == blocks->size());
  for (size_t i = 0; i < blocks->size(); i++) {
    HOLDFAST_REQUIRE((*reread)[i].label == (*blocks)[i].label);
    HOLDFAST_REQUIRE((*reread)[i].content == (*blocks)[i].content);
  }
  return 0;
}
