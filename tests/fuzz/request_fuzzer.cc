// Activation requests of both forms. The input is a file, and also the content and the payload of a request made around it.
#include "protocol/request.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

static void CheckHostRequest(const HostRequest& request) {
  HOLDFAST_REQUIRE(request.content_hash == RequestContentHash(request.content_text));
  HOLDFAST_REQUIRE(!request.content.fingerprint.empty());
  const std::string content = FormatRequestContent(request.content);
  const std::string compact =
      FinishJws(JwsSigningInput(MessageType::kRequest, SignatureAlgorithm::kEcdsaSha256, "",
                                HostRequestPayload(content, request.possession)),
                Bytes(64, 0));
  auto again = ParseAnyRequest(compact);
  if (!again && again.error().check == "jws.size") return;  // escapes may grow
  HOLDFAST_REQUIRE(again && FormatRequestContent(std::get<HostRequest>(*again).content) == content);
  HOLDFAST_REQUIRE(ReadAnyRequestFile(ArmorRequest(compact, request.content)));
  HOLDFAST_REQUIRE(!ParseRequest(compact));
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText({data, size});
  static const RequestEvidence kEvidence{{Bytes{1}, Bytes{2}},
                                         {Bytes{3}, Bytes{4}},
                                         {Bytes{9}, Bytes{10}},
                                         {Bytes{5}, Bytes{6}},
                                         {{0, Bytes(32, 7)}}};
  auto around = [](ByteView payload) {
    return ParseAnyRequest(FinishJws(
        JwsSigningInput(MessageType::kRequest, SignatureAlgorithm::kEcdsaSha256, "", payload), Bytes(64, 0)));
  };
  for (const auto& any : {ReadAnyRequestFile(text), ParseAnyRequest(text), around({data, size}),
                          around(RequestPayload(text, kEvidence, Bytes(64, 8))),
                          around(HostRequestPayload(text, Bytes(64, 8)))}) {
    if (!any) continue;
    const auto* request = std::get_if<ActivationRequest>(&*any);
    if (!request) {
      CheckHostRequest(std::get<HostRequest>(*any));
      continue;
    }
    HOLDFAST_REQUIRE(request->content_hash == RequestContentHash(request->content_text));
    const std::string content = FormatRequestContent(request->content);
    const Bytes payload = RequestPayload(content, request->evidence, request->possession);
    const auto parsed = around(payload);
    if (!parsed && parsed.error().check == "jws.size") continue;  // escapes may grow
    const auto* again = parsed ? std::get_if<ActivationRequest>(&*parsed) : nullptr;
    HOLDFAST_REQUIRE(again && FormatRequestContent(again->content) == content);
    const std::string compact = FinishJws(again->jws.signing_input, again->jws.signature);
    HOLDFAST_REQUIRE(ReadRequestFile(ArmorRequest(compact, again->content)));
  }
  return 0;
}
