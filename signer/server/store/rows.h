// Rows to records: one loader per table, each with the part of the statement from `where` on as argument.
// Internal to the store; run inside a transaction of Database.
#pragma once

#include <soci/soci.h>

#include "protocol/strict_json.h"
#include "signer/server/store/records.h"

namespace holdfast::rows {

// The values that a `where` compares with, in the order of its placeholders: bound, never spliced in.
using Values = std::vector<std::string>;
Result<std::vector<ProductRecord>> Products(soci::session& sql, const std::string& where,
                                            const Values& values);
Result<std::vector<LicenseRecord>> Licenses(soci::session& sql, const std::string& where,
                                            const Values& values);
Result<std::vector<ActivationRecord>> Activations(soci::session& sql, const std::string& where,
                                                  const Values& values);
Result<std::vector<SightingRecord>> Sightings(soci::session& sql, const std::string& where,
                                              const Values& values);
Result<std::vector<ReturnRecord>> Returns(soci::session& sql, const std::string& where, const Values& values);
Result<std::vector<ReturnNonceRecord>> ReturnNonces(soci::session& sql, const std::string& where,
                                                    const Values& values);
// Without the answers, which are long, unless asked for.
Result<std::vector<HeartbeatRecord>> Heartbeats(soci::session& sql, const std::string& where,
                                                const Values& values, bool with_answer = false);
Result<std::vector<RepairedActivation>> Repairs(soci::session& sql, const std::string& where,
                                                const Values& values);
Result<std::vector<AuditRecord>> Audit(soci::session& sql, int64_t after_sequence, int limit);

// Exactly one, or the error.
Result<LicenseRecord> OneLicense(soci::session& sql, const std::string& where, const std::string& value);
Result<ActivationRecord> OneActivation(soci::session& sql, const std::string& id);
tl::unexpected<Error> NoActivation();  // store.activation

void InsertSighting(soci::session& sql, const SightingRecord& sighting);

// Appends the record of a change to the audit chain: last in every writing transaction.
void AppendAudit(soci::session& sql, const Change& change, const std::string& action,
                 const std::string& subject, const Json& detail);

}  // namespace holdfast::rows
