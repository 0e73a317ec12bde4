#include "protocol/request.h"

#include <charconv>

#include "protocol/armor.h"
#include "protocol/base64.h"
#include "protocol/display_text.h"
#include "protocol/file_kind.h"
#include "protocol/schema_version.h"
#include "protocol/terms.h"

namespace holdfast {
namespace {

constexpr std::string_view kHashDomain{"holdfast request v1\0", 20};
constexpr size_t kPossessionSize = 64, kPcrSize = 32, kKeyIdSize = 16;
constexpr int kPcrCount = 24;

std::map<std::string, std::string> ReadHostFacts(JsonObject& o) {
  std::map<std::string, std::string> facts;
  const Json* host = o.Object("host");
  if (!host) return facts;
  if (host->size() > kMaxHostFacts) o.Fault("host", "more than 16 facts");
  for (const auto& [name, value] : host->items()) {
    if (!IsIdentifier(name) || !value.is_string() ||
        !IsDisplayText(value.get_ref<const std::string&>(), kMaxTextSize)) {
      o.Fault("host", "a fact that is not a name and a text of at most 256 octets");
      return facts;
    }
    facts.emplace(name, value.get<std::string>());
  }
  return facts;
}

std::vector<Bytes> ReadEkCertificates(JsonObject& o) {
  constexpr std::string_view kName = "ek_certificates";
  std::vector<Bytes> certificates;
  const Json* array = o.Array(kName, kMaxEkCertificates);
  if (!array) return certificates;
  for (const Json& item : *array) {
    auto der = item.is_string() ? Base64UrlDecode(item.get_ref<const std::string&>())
                                : Malformed("bytes.base64url", "not a string");
    if (!der || der->empty() || der->size() > kMaxEkCertificateSize) {
      o.Fault(kName, der ? "a certificate that is empty or longer than 4096 octets" : der.error().message);
      return certificates;
    }
    certificates.push_back(std::move(*der));
  }
  return certificates;
}

Bytes ReadStructure(JsonObject& o, std::string_view name) {
  Bytes octets = o.Base64Url(name, kMaxTpmStructureSize);
  if (octets.empty()) o.Fault(name, "empty");
  return octets;
}

Result<RequestContent> ParseContent(std::string_view text) {
  HOLDFAST_TRY(Json value, ParseJson(text, kMaxJwsSize));
  JsonObject o(value, "request");
  RequestContent content;
  content.schema = o.String("schema", 16);
  if (!o.Has("schema")) HOLDFAST_CHECK(o.Finish());
  HOLDFAST_CHECK(ParseSchemaVersion(content.schema, kRequestSchemaMajor, "request"));
  content.product_key_id = o.String("product_key_id", 22);
  if (auto id = Base64UrlDecode(content.product_key_id); !id || id->size() != kKeyIdSize)
    o.Fault("product_key_id", "not 22 characters of base64url");
  content.vendor = o.String("vendor", kMaxNameSize);
  if (content.vendor.empty() || !IsDisplayText(content.vendor, kMaxNameSize))
    o.Fault("vendor", "empty or with control characters");
  content.product = o.String("product", 64);
  if (!IsIdentifier(content.product)) o.Fault("product", "not an identifier");
  content.created = o.Time("created");
  content.agent_version = o.String("agent_version", 32);
  if (!IsDisplayText(content.agent_version, 32)) o.Fault("agent_version", "holds control characters");
  content.host = ReadHostFacts(o);
  content.ek_public = ReadStructure(o, "ek_public");
  content.srk_public = ReadStructure(o, "srk_public");
  content.ak_public = ReadStructure(o, "ak_public");
  content.license_key_public = ReadStructure(o, "license_key_public");
  content.gate_public = ReadStructure(o, "gate_public");
  content.ek_certificates = ReadEkCertificates(o);
  HOLDFAST_CHECK(o.Finish());
  return content;
}

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
  HOLDFAST_TRY(evidence.quote, ReadAttest(o, "quote"));
  evidence.pcrs = ReadPcrs(o);
  HOLDFAST_CHECK(o.Finish());
  return evidence;
}

}  // namespace

Sha256Digest RequestContentHash(std::string_view content_text) {
  return Sha256({AsBytes(kHashDomain), AsBytes(content_text)});
}

Result<ActivationRequest> ParseRequest(std::string_view compact_jws) {
  HOLDFAST_TRY(Jws jws, ParseJws(compact_jws, MessageType::kRequest));
  if (jws.alg != "ES256" || !jws.kid.empty())
    return Malformed("request.header", "a request is signed with ES256 and names no key");
  HOLDFAST_TRY(Json value, ParseJson(AsText(jws.payload), kMaxJwsSize));
  JsonObject o(value, "request");
  std::string content_text = o.String("content", kMaxJwsSize);
  const Json* evidence_value = o.Object("evidence");
  Bytes possession = o.Base64Url("possession", kPossessionSize);
  if (possession.size() != kPossessionSize) o.Fault("possession", "not 64 octets");
  // The version first: what a newer program writes may have other members here as well.
  Result<RequestContent> content = ParseContent(content_text);
  if (!content && content.error().check == "request.schema")
    return tl::unexpected(std::move(content.error()));
  HOLDFAST_CHECK(o.Finish());
  if (!content) return tl::unexpected(std::move(content.error()));
  HOLDFAST_TRY(RequestEvidence evidence, ParseEvidence(*evidence_value));
  const Sha256Digest content_hash = RequestContentHash(content_text);
  return ActivationRequest{
      std::move(jws),        std::move(*content), std::move(content_text),     std::move(evidence),
      std::move(possession), content_hash,        Sha256(AsBytes(compact_jws))};
}

Result<ActivationRequest> ReadRequestFile(std::string_view file_text) {
  HOLDFAST_TRY(std::string compact, ReadSingleBlock(file_text, kLabelRequest, "request"));
  return ParseRequest(compact);
}

}  // namespace holdfast
