#include "protocol/request_content.h"

#include "protocol/base64.h"
#include "protocol/display_text.h"
#include "protocol/return_members.h"
#include "protocol/schema_version.h"
#include "protocol/terms.h"

namespace holdfast {
namespace {

constexpr size_t kKeyIdSize = 16;
constexpr std::string_view kHostForm = "host";

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

std::optional<RequestedRepair> ReadRepair(JsonObject& request) {
  const Json* value = request.OptionalObject("repair");
  if (value == nullptr) return {};
  JsonObject o(*value, "request.repair");
  RequestedRepair repair;
  if (o.Has("serial")) repair.serial = ReadSerial(o);
  if (auto status = o.Finish(); !status) request.Fault("repair", status.error().message);
  return repair;
}

void ReadRequestHead(JsonObject& o, RequestHead& content) {
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
  content.repair = ReadRepair(o);
}

Result<RequestContent> ParseTpmContent(JsonObject& o, RequestHead head) {
  RequestContent content{std::move(head)};
  content.ek_public = ReadStructure(o, "ek_public");
  content.srk_public = ReadStructure(o, "srk_public");
  content.ak_public = ReadStructure(o, "ak_public");
  content.license_key_public = ReadStructure(o, "license_key_public");
  content.gate_public = ReadStructure(o, "gate_public");
  content.counter_public = ReadStructure(o, "counter_public");
  content.ek_certificates = ReadEkCertificates(o);
  HOLDFAST_CHECK(o.Finish());
  return content;
}

Bytes ReadKey(JsonObject& o, std::string_view name) {
  Bytes octets = o.Base64Url(name, kMaxRequestKeySize);
  if (octets.empty()) o.Fault(name, "empty");
  return octets;
}

Result<HostRequestContent> ParseHostContent(JsonObject& o, RequestHead head) {
  HostRequestContent content{std::move(head)};
  if (o.String("assurance", 16) != kHostForm)
    o.Fault("assurance", "only a host without a TPM names its class: host");
  content.license_key = ReadKey(o, "license_key");
  content.agreement_key = ReadKey(o, "agreement_key");
  content.fingerprint = ReadFingerprint(o, "fingerprint");
  HOLDFAST_CHECK(o.Finish());
  return content;
}

}  // namespace

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

Bytes ReadStructure(JsonObject& o, std::string_view name) {
  Bytes octets = o.Base64Url(name, kMaxTpmStructureSize);
  if (octets.empty()) o.Fault(name, "empty");
  return octets;
}

Result<AnyContent> ParseRequestContent(std::string_view text) {
  HOLDFAST_TRY(Json value, ParseJson(text, kMaxJwsSize));
  JsonObject o(value, "request");
  RequestHead head;
  head.schema = o.String("schema", 16);
  if (!o.Has("schema")) HOLDFAST_CHECK(o.Finish());
  HOLDFAST_CHECK(ParseSchemaVersion(head.schema, kRequestSchemaMajor, "request"));
  ReadRequestHead(o, head);
  if (o.Has("assurance")) return ParseHostContent(o, std::move(head));
  return ParseTpmContent(o, std::move(head));
}

}  // namespace holdfast
