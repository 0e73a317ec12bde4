// Answers to heartbeats: the file that a host reads, and the payload that the signer is asked to sign.
#include "protocol/heartbeat_answer.h"

#include "protocol/crypto/digest.h"
#include "protocol/heartbeat_report.h"
#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (auto file = ReadHeartbeatAnswerFile(AsText({data, size}))) {
    HOLDFAST_REQUIRE(Sha256(AsBytes(file->license_file)) == file->content.license_file);
    const std::string compact = FinishJws(file->jws.signing_input, file->jws.signature);
    auto again = ReadHeartbeatAnswerFile(ArmorHeartbeatAnswer(
        compact, file->content, file->message_certificate, file->issuing_certificate, file->license_file));
    HOLDFAST_REQUIRE(again &&
                     FormatHeartbeatAnswer(again->content) == FormatHeartbeatAnswer(file->content));
    HOLDFAST_REQUIRE(HeartbeatId(again->jws) == HeartbeatId(file->jws));
    HOLDFAST_REQUIRE(again->license_file == file->license_file);
    HOLDFAST_REQUIRE(!ReadHeartbeatFile(AsText({data, size})));
  }
  auto answer = ParseHeartbeatAnswer({data, size});
  if (!answer) return 0;
  HOLDFAST_REQUIRE(answer->notices.size() <= kMaxNotices);
  const Bytes once = FormatHeartbeatAnswer(*answer);
  auto again = ParseHeartbeatAnswer(once);
  HOLDFAST_REQUIRE(again && FormatHeartbeatAnswer(*again) == once);
  return 0;
}
