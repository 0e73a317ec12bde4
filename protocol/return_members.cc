#include "protocol/return_members.h"

#include <algorithm>

#include "protocol/display_text.h"
#include "protocol/return_statement.h"
#include "protocol/schema_version.h"
#include "protocol/terms.h"

namespace holdfast {

static constexpr size_t kMaxVersionSize = 32;

Status ReadHead(JsonObject& o, std::string_view context, std::string& schema) {
  schema = o.String("schema", 16);
  if (!o.Has("schema")) return o.Finish();
  HOLDFAST_CHECK(ParseSchemaVersion(schema, kReturnSchemaMajor, context));
  return {};
}

std::string ReadName(JsonObject& o, std::string_view name) {
  std::string text = o.String(name, kMaxNameSize);
  if (text.empty() || !IsDisplayText(text, kMaxNameSize)) o.Fault(name, "empty or with control characters");
  return text;
}

Bytes ReadHex(JsonObject& o, std::string_view name, size_t max_octets) {
  const std::string text = o.String(name, 2 * max_octets);
  auto octets = HexDecode(text);
  if (octets && HexEncode(*octets) == text) return std::move(*octets);
  o.Fault(name, "not hexadecimal in lower case");
  return {};
}

static std::optional<Sha256Digest> DigestOf(const Json& item) {
  if (!item.is_string()) return {};
  const std::string& text = item.get_ref<const std::string&>();
  const auto octets = HexDecode(text);
  Sha256Digest digest{};
  if (!octets || octets->size() != digest.size() || HexEncode(*octets) != text) return {};
  std::copy(octets->begin(), octets->end(), digest.begin());
  return digest;
}

Sha256Digest ReadDigest(JsonObject& o, std::string_view name) {
  const auto digest = DigestOf(Json(o.String(name, 2 * Sha256Digest().size())));
  if (!digest) o.Fault(name, "not 64 hexadecimal digits");
  return digest.value_or(Sha256Digest{});
}

std::vector<Sha256Digest> ReadDigests(JsonObject& o, std::string_view name, size_t max_count) {
  std::vector<Sha256Digest> digests;
  const Json* array = o.Array(name, max_count);
  if (!array) return digests;
  for (const Json& item : *array) {
    const auto digest = DigestOf(item);
    if (!digest) {
      o.Fault(name, "not 64 hexadecimal digits");
      return digests;
    }
    digests.push_back(*digest);
  }
  return digests;
}

std::string ReadVersion(JsonObject& o) {
  std::string version = o.String("agent_version", kMaxVersionSize);
  if (!IsDisplayText(version, kMaxVersionSize)) o.Fault("agent_version", "holds control characters");
  return version;
}

Bytes ReadSerial(JsonObject& o) {
  Bytes serial = ReadHex(o, "serial", kMaxSerialSize);
  if (serial.empty()) o.Fault("serial", "empty");
  return serial;
}

}  // namespace holdfast
