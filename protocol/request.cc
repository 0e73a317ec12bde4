#include "protocol/request.h"

#include <charconv>

#include "protocol/armor.h"
#include "protocol/base64.h"
#include "protocol/file_kind.h"
#include "protocol/request_content.h"

namespace holdfast {
namespace {

constexpr std::string_view kHashDomain{"holdfast request v1\0", 20};
constexpr size_t kPossessionSize = 64, kPcrSize = 32;
constexpr int kPcrCount = 24;

Result<SignedAttest> ReadAttest(JsonObject& evidence, std::string_view name) {
  const Json* value = evidence.Object(name);
  if (!value) return SignedAttest{};  // evidence.Finish() reports it
  JsonObject o(*value, "request.evidence." + std::string(name));
  SignedAttest attest{ReadStructure(o, "attest"), ReadStructure(o, "signature")};
  HOLDFAST_CHECK(o.Finish());
  return attest;
}

// Decimal without leading zeros, 0 to 23; -1 otherwise.
int PcrIndex(std::string_view text) {
  int index = -1;
  if (text.empty() || text.size() > 2 || (text[0] == '0' && text.size() > 1)) return -1;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size() || index >= kPcrCount) return -1;
  return index;
}

std::map<int, Bytes> ReadPcrs(JsonObject& evidence) {
  std::map<int, Bytes> pcrs;
  const Json* object = evidence.Object("pcrs");
  if (!object) return pcrs;
  for (const auto& [name, item] : object->items()) {
    const int index = PcrIndex(name);
    auto value = item.is_string() ? Base64UrlDecode(item.get_ref<const std::string&>()) : Bytes();
    if (index < 0 || !value || value->size() != kPcrSize) {
      evidence.Fault("pcrs", "not pairs of a PCR number and 32 octets");
      return pcrs;
    }
    pcrs.emplace(index, std::move(*value));
  }
  return pcrs;
}

Result<RequestEvidence> ParseEvidence(const Json& value) {
  JsonObject o(value, "request.evidence");
  RequestEvidence evidence;
  HOLDFAST_TRY(evidence.certify, ReadAttest(o, "certify"));
  HOLDFAST_TRY(evidence.gate, ReadAttest(o, "gate"));
  HOLDFAST_TRY(evidence.counter, ReadAttest(o, "counter"));
  HOLDFAST_TRY(evidence.quote, ReadAttest(o, "quote"));
  if (o.Has("meter")) {
    HOLDFAST_TRY(evidence.meter, ReadAttest(o, "meter"));
  }
  evidence.pcrs = ReadPcrs(o);
  HOLDFAST_CHECK(o.Finish());
  return evidence;
}

// The payload of either form. Evidence is parsed only when it should be there: otherwise it is an unknown member.
Result<AnyRequest> ParsePayload(SignedRequest signed_part, const Json& value) {
  JsonObject o(value, "request");
  signed_part.content_text = o.String("content", kMaxJwsSize);
  // The version first: what a newer program writes may have other members here as well.
  Result<AnyContent> content = ParseRequestContent(signed_part.content_text);
  if (!content && content.error().check == "request.schema")
    return tl::unexpected(std::move(content.error()));
  auto* by_host = content ? std::get_if<HostRequestContent>(&*content) : nullptr;
  const bool has_evidence = content ? !by_host : o.Has("evidence");
  const Json* evidence = has_evidence ? o.Object("evidence") : nullptr;
  signed_part.possession = o.Base64Url("possession", kPossessionSize);
  if (signed_part.possession.size() != kPossessionSize) o.Fault("possession", "not 64 octets");
  HOLDFAST_CHECK(o.Finish());
  if (!content) return tl::unexpected(std::move(content.error()));
  signed_part.content_hash = RequestContentHash(signed_part.content_text);
  if (by_host) return HostRequest{std::move(signed_part), std::move(*by_host)};
  HOLDFAST_TRY(RequestEvidence parsed, ParseEvidence(*evidence));
  return ActivationRequest{std::move(signed_part), std::move(std::get<RequestContent>(*content)),
                           std::move(parsed)};
}

Result<ActivationRequest> OnlyByTpm(Result<AnyRequest> request) {
  if (!request) return tl::unexpected(std::move(request.error()));
  if (auto* by_tpm = std::get_if<ActivationRequest>(&*request)) return std::move(*by_tpm);
  return Refused("request.assurance", "a request of a host without a TPM where one made by a TPM is wanted");
}

}  // namespace

const SignedRequest& SignedPart(const AnyRequest& request) {
  return std::visit([](const auto& r) -> const SignedRequest& { return r; }, request);
}

const RequestHead& HeadOf(const AnyRequest& request) {
  return std::visit([](const auto& r) -> const RequestHead& { return r.content; }, request);
}

Sha256Digest RequestContentHash(std::string_view content_text) {
  return Sha256({AsBytes(kHashDomain), AsBytes(content_text)});
}

Result<AnyRequest> ParseAnyRequest(std::string_view compact_jws) {
  HOLDFAST_TRY(Jws jws, ParseJws(compact_jws, MessageType::kRequest));
  if (jws.alg != "ES256" || !jws.kid.empty())
    return Malformed("request.header", "a request is signed with ES256 and names no key");
  HOLDFAST_TRY(const Json value, ParseJson(AsText(jws.payload), kMaxJwsSize));
  SignedRequest signed_part;
  signed_part.jws = std::move(jws);
  signed_part.request_hash = Sha256(AsBytes(compact_jws));
  return ParsePayload(std::move(signed_part), value);
}

Result<ActivationRequest> ParseRequest(std::string_view compact_jws) {
  return OnlyByTpm(ParseAnyRequest(compact_jws));
}

Result<AnyRequest> ReadAnyRequestFile(std::string_view file_text) {
  HOLDFAST_TRY(std::string compact, ReadSingleBlock(file_text, kLabelRequest, "request"));
  return WithAdvice(ParseAnyRequest(compact), "make a new request on the host");
}

Result<ActivationRequest> ReadRequestFile(std::string_view file_text) {
  return OnlyByTpm(ReadAnyRequestFile(file_text));
}

}  // namespace holdfast
