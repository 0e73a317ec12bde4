#include "protocol/content_key.h"

#include "protocol/base64.h"
#include "protocol/terms.h"

namespace holdfast {
namespace {

constexpr std::string_view kMember = "content_keys";

Bytes ReadExactly(JsonObject& o, std::string_view name, size_t size) {
  Bytes octets = o.Base64Url(name, size);
  if (octets.size() != size) o.Fault(name, "not " + std::to_string(size) + " octets");
  return octets;
}

Result<SealedContentKey> ParseSealedKey(const Json& value, const std::string& context) {
  JsonObject o(value, context);
  SealedContentKey key{ReadExactly(o, "public", kContentKeyAreaSize),
                       ReadExactly(o, "duplicate", kDuplicateSize), ReadExactly(o, "seed", kWrappedSeedSize)};
  HOLDFAST_CHECK(o.Finish());
  return key;
}

}  // namespace

Json FormatSealedKeys(const SealedContentKeys& keys) {
  Json json = Json::object();
  for (const auto& [name, key] : keys) {
    json[name] = {{"public", Base64UrlEncode(key.public_area)},
                  {"duplicate", Base64UrlEncode(key.duplicate)},
                  {"seed", Base64UrlEncode(key.seed)}};
  }
  return json;
}

Result<SealedContentKeys> ReadSealedKeys(JsonObject& object, const std::string& context) {
  SealedContentKeys keys;
  const Json* value = object.OptionalObject(kMember);
  if (!value) return keys;
  const std::string inner = context + "." + std::string(kMember);
  if (value->size() > kMaxSealedKeys)
    return Malformed(inner, "more than " + std::to_string(kMaxSealedKeys) + " content keys");
  for (const auto& [name, sealed] : value->items()) {
    if (!IsIdentifier(name)) return Malformed(inner, "a content key's name is not an identifier");
    HOLDFAST_TRY(SealedContentKey key, ParseSealedKey(sealed, inner));
    keys.emplace(name, std::move(key));
  }
  return keys;
}

}  // namespace holdfast
