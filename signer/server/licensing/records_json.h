// Records as JSON, for `--json`, for exports and for the HTTP API to come. Stable: members are only ever
// added. docs/cli-json.md lists them. Binary is hex, certificates are PEM, times are RFC 3339.
#pragma once

#include "protocol/strict_json.h"
#include "signer/server/licensing/usage.h"

namespace holdfast {

Json ToJson(const ProductRecord& product);  // with the product file as an object
Json ToJson(const CustomerRecord& customer);
Json ToJson(const LicenseRecord& license);
Json ToJson(const ActivationRecord& activation);
Json ToJson(const SightingRecord& sighting);
Json ToJson(const ReturnRecord& record);  // with the proof as an object
Json ToJson(const ReturnNonceRecord& nonce);
Json ToJson(const HeartbeatRecord& heartbeat);  // with its usage
Json ToJson(const HostUsage& usage);
Json ToJson(const CrlRecord& crl);
Json ToJson(const AuditRecord& record);

// A license with its activations, sightings, repairs, returns, return nonces and heartbeats.
Result<Json> DescribeLicense(Store& store, const LicenseRecord& license);

struct ExportFilter {
  std::string license;   // one license; else
  std::string customer;  // all licenses of one customer, by name; else everything, with the audit log
};
// Everything that the store knows of what the filter names. Holds no secret, and nothing that changes unless
// the store does, so that two exports can be compared.
Result<Json> Export(Store& store, const ExportFilter& filter);

}  // namespace holdfast
