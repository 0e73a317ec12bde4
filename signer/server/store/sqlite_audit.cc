// The audit log: written with every change (rows.h), read and verified here.
#include "protocol/strict_json.h"
#include "signer/server/store/audit_chain.h"
#include "signer/server/store/database.h"
#include "signer/server/store/rows.h"
#include "signer/server/store/sqlite_store.h"

namespace holdfast {
namespace {

constexpr size_t kMaxEventDetail = 16 * 1024;

}  // namespace

Status SqliteStore::RecordEvent(const Change& change, const std::string& action, const std::string& subject,
                                const std::string& detail_json) {
  HOLDFAST_TRY(const Json detail, ParseJson(detail_json, kMaxEventDetail));
  const auto done = database_->Write<int>([&](soci::session& sql) -> Result<int> {
    rows::AppendAudit(sql, change, action, subject, detail);
    return 0;
  });
  if (!done) return tl::unexpected(done.error());
  return {};
}

Result<std::vector<AuditRecord>> SqliteStore::ListAudit(int64_t after_sequence, int limit) {
  return database_->Read<std::vector<AuditRecord>>(
      [&](soci::session& sql) { return rows::Audit(sql, after_sequence, limit); });
}

Result<AuditHead> SqliteStore::VerifyAudit() {
  constexpr int kBatch = 1000;
  return database_->Read<AuditHead>([&](soci::session& sql) -> Result<AuditHead> {
    std::optional<AuditRecord> previous;
    while (true) {
      HOLDFAST_TRY(auto batch, rows::Audit(sql, previous ? previous->sequence : 0, kBatch));
      for (AuditRecord& record : batch) {
        HOLDFAST_CHECK(CheckAuditLink(previous ? &*previous : nullptr, record));
        previous = std::move(record);
      }
      if (batch.size() < kBatch) break;
    }
    if (!previous) return AuditHead{0, Bytes(kAuditHashSize, 0)};
    return AuditHead{previous->sequence, previous->hash};
  });
}

}  // namespace holdfast
