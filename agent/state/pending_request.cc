#include "agent/state/pending_request.h"

#include "agent/state/installed_license.h"
#include "agent/state/state_members.h"
#include "protocol/json_text.h"

namespace holdfast {

std::string FormatPendingRequest(const PendingRequest& pending) {
  const Json json{{"schema", kStateSchema},
                  {"product", pending.product},
                  {"vendor", pending.vendor},
                  {"product_key_id", pending.product_key_id},
                  {"created", FormatTime(pending.created)},
                  {"request_hash", HexEncode(pending.request_hash)},
                  {"keys", FormatLicenseKeys(pending.keys)},
                  {"request", pending.request}};
  return FormatJson(json, 1) + "\n";
}

Result<PendingRequest> ParsePendingRequest(std::string_view json) {
  HOLDFAST_TRY(const Json value, ParseJson(json, kMaxStateFileSize));
  JsonObject o(value, "state");
  HOLDFAST_CHECK(ReadStateSchema(o));
  PendingRequest pending;
  pending.product = ReadProduct(o);
  pending.vendor = o.String("vendor", 64);
  pending.product_key_id = ReadProductKeyId(o);
  pending.created = o.Time("created");
  pending.request_hash = ReadRequestHash(o);
  pending.request = o.String("request", kMaxJwsSize);
  const Json* keys = o.Object("keys");
  HOLDFAST_CHECK(o.Finish());
  if (Sha256(AsBytes(pending.request)) != pending.request_hash) {
    return Malformed("state.request_hash", "request_hash is not that of the request beside it");
  }
  HOLDFAST_TRY(pending.keys, ParseLicenseKeys(*keys));
  return pending;
}

}  // namespace holdfast
