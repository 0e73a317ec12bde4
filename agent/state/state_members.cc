#include "agent/state/state_members.h"

#include <algorithm>

#include "protocol/schema_version.h"
#include "protocol/terms.h"

namespace holdfast {

Status ReadStateSchema(JsonObject& o) {
  const std::string schema = o.String("schema", 16);
  if (!o.Has("schema")) return o.Finish();
  HOLDFAST_CHECK(ParseSchemaVersion(schema, kStateSchemaMajor, "state"));
  return {};
}

std::string ReadProduct(JsonObject& o) {
  std::string product = o.String("product", 64);
  if (!IsIdentifier(product)) o.Fault("product", "not an identifier");
  return product;
}

std::string ReadProductKeyId(JsonObject& o) {
  std::string id = o.String("product_key_id", 64);
  if (id.empty()) o.Fault("product_key_id", "empty");
  return id;
}

Sha256Digest ReadRequestHash(JsonObject& o) {
  Sha256Digest digest{};
  auto octets = HexDecode(o.String("request_hash", 64));
  if (!octets || octets->size() != digest.size()) {
    o.Fault("request_hash", "not 64 hexadecimal digits");
    return digest;
  }
  std::copy(octets->begin(), octets->end(), digest.begin());
  return digest;
}

}  // namespace holdfast
