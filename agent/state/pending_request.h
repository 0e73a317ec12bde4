// STATE/pending/<product>.json: a request that waits for its answer, with the keys that it is about. The
// request is kept as it was made, so that asking again gives the same octets and the vendor counts one
// activation.
//
//   { "schema": "1.0", "product": "nls", "vendor": "...", "product_key_id": "...", "created": "...",
//     "request_hash": "<hex>", "keys": {...}, "request": "<compact JWS>" }
#pragma once

#include "agent/license_keys.h"
#include "protocol/time.h"

namespace holdfast {

struct PendingRequest {
  std::string product, vendor;
  std::string product_key_id;
  Time created;
  Sha256Digest request_hash;
  LicenseKeys keys;
  std::string request;  // compact JWS
};

std::string FormatPendingRequest(const PendingRequest& pending);
// Checks: those of ParseJson, state.schema, state.<member>, and those of ParseLicenseKeys.
Result<PendingRequest> ParsePendingRequest(std::string_view json);

}  // namespace holdfast
