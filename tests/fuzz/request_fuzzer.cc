// Activation requests. The input is a file, and also the content and the payload of a request made around it.
#include "protocol/request.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText({data, size});
  static const RequestEvidence kEvidence{
      {Bytes{1}, Bytes{2}}, {Bytes{3}, Bytes{4}}, {Bytes{5}, Bytes{6}}, {{0, Bytes(32, 7)}}};
  auto around = [](ByteView payload) {
    return ParseRequest(FinishJws(
        JwsSigningInput(MessageType::kRequest, SignatureAlgorithm::kEcdsaSha256, "", payload), Bytes(64, 0)));
  };
  for (const auto& request : {ReadRequestFile(text), ParseRequest(text), around({data, size}),
                              around(RequestPayload(text, kEvidence, Bytes(64, 8)))}) {
    if (!request) continue;
    HOLDFAST_REQUIRE(request->content_hash == RequestContentHash(request->content_text));
    const std::string content = FormatRequestContent(request->content);
    const Bytes payload = RequestPayload(content, request->evidence, request->possession);
    auto again = around(payload);
    if (!again && again.error().check == "jws.size") continue;  // escapes may grow
    HOLDFAST_REQUIRE(again && FormatRequestContent(again->content) == content);
    const std::string compact = FinishJws(again->jws.signing_input, again->jws.signature);
    HOLDFAST_REQUIRE(ReadRequestFile(ArmorRequest(compact, again->content)));
  }
  return 0;
}
