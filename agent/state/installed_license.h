// STATE/licenses/<product>.json: one installed license with the keys that it belongs to, in one file, so that
// a license without its keys, or keys without their license, cannot be the outcome of any crash.
//
//   { "schema": "1.0", "product": "nls", "installed": "2026-11-22T06:00:00Z", "product_key_id": "...",
//     "request_hash": "<hex>", "keys": {...} (agent/license_keys.h), "license": "-----BEGIN CERTIFICATE-----...",
//     "content_keys": {...} (protocol/content_key.h; absent: none) }
//
// The license is PEM as the vendor made it: `jq -r .license` gives what `openssl verify` reads. Parsing
// verifies nothing: VerifyLicense does.
#pragma once

#include "agent/license_keys.h"
#include "protocol/time.h"

namespace holdfast {

inline constexpr size_t kMaxStateFileSize = 512 * 1024;

struct InstalledLicense {
  std::string product;
  Time installed;
  std::string product_key_id;
  Sha256Digest request_hash;  // the request that it answers
  LicenseKeys keys;
  std::string license;  // PEM
  SealedContentKeys content_keys = {};
};

std::string FormatInstalledLicense(const InstalledLicense& license);
// Checks: those of ParseJson, state.schema, state.<member>, those of ReadSealedKeys and of ParseLicenseKeys.
Result<InstalledLicense> ParseInstalledLicense(std::string_view json);

}  // namespace holdfast
