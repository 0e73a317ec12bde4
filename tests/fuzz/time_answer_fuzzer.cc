// Time answers: the file that a host reads, and the payload that the signer is asked to sign.
#include "protocol/time_answer.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (auto file = ReadSignedMessageFile(kTimeAnswer, AsText({data, size}))) {
    const std::string compact = FinishJws(file->jws.signing_input, file->jws.signature);
    auto again = ReadSignedMessageFile(
        kTimeAnswer, ArmorMessage(kTimeAnswer, compact, file->content, file->message_certificate,
                                  file->issuing_certificate));
    HOLDFAST_REQUIRE(again &&
                     FormatMessage(kTimeAnswer, again->content) == FormatMessage(kTimeAnswer, file->content));
    HOLDFAST_REQUIRE(again->jws.signing_input == file->jws.signing_input);
    HOLDFAST_REQUIRE(!ReadMessageFile(kTimeRequest, AsText({data, size})));
  }
  auto answer = ParseMessage(kTimeAnswer, {data, size});
  if (!answer) return 0;
  const Bytes once = FormatMessage(kTimeAnswer, *answer);
  auto again = ParseMessage(kTimeAnswer, once);
  HOLDFAST_REQUIRE(again && FormatMessage(kTimeAnswer, *again) == once);
  return 0;
}
