// The hash chain over audit records: hash = SHA-256 over "holdfast store audit v1" 0x00, then sequence, time
// (each u64, big-endian), then actor, action, subject, detail and previous hash, each preceded by its length
// as u32. So no two different records have the same octets under the hash.
#pragma once

#include "signer/server/store/records.h"

namespace holdfast {

inline constexpr size_t kAuditHashSize = 32;
Bytes AuditHash(const AuditRecord& record);  // ignores record.hash
// Does `next` follow `previous` (nullptr: it is the first)? Check: store.audit.
Status CheckAuditLink(const AuditRecord* previous, const AuditRecord& next);

}  // namespace holdfast
