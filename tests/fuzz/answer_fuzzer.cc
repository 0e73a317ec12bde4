// Answers: the file, and the plaintext that only the right TPM would see.
#include "protocol/answer.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText({data, size});
  if (auto jwe = ReadAnswerFile(text))
    HOLDFAST_REQUIRE(jwe->content.iv.size() == 12 && jwe->content.tag.size() == 16);
  auto content = ParseAnswerContent({data, size});
  if (!content) return 0;
  HOLDFAST_REQUIRE(!content->license.empty());
  auto again = ParseAnswerContent(FormatAnswerContent(*content));
  HOLDFAST_REQUIRE(again && again->license == content->license &&
                   again->content_keys == content->content_keys);
  return 0;
}
