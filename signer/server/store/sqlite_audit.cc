// The audit log: written with every change (rows.h), read and verified here.
#include "protocol/strict_json.h"
#include "signer/server/store/audit_chain.h"
#include "signer/server/store/database.h"
#include "signer/server/store/rows.h"
#include "signer/server/store/sqlite_store.h"

namespace holdfast {
namespace {

constexpr size_t kMaxEventDetail = 16 * 1024;

Result<AuditHead> ReadSignerHead(soci::session& sql) {
  long long sequence = 0;
  std::string hash;
  sql << "select sequence, hash from signer_audit_head", soci::into(sequence), soci::into(hash);
  AuditHead head;
  if (!sql.got_data()) return head;
  head.sequence = sequence;
  HOLDFAST_TRY(head.hash, HexDecode(hash));
  return head;
}

void WriteSignerHead(soci::session& sql, const AuditHead& head) {
  const long long sequence = head.sequence;
  const std::string hash = HexEncode(head.hash);
  sql << "delete from signer_audit_head";
  sql << "insert into signer_audit_head (sequence, hash) values (:sequence, :hash)", soci::use(sequence),
      soci::use(hash);
}

Status Done(Result<int> done) {
  if (!done) return tl::unexpected(std::move(done.error()));
  return {};
}

}  // namespace

Status SqliteStore::RecordEvent(const Change& change, const std::string& action, const std::string& subject,
                                const std::string& detail_json) {
  HOLDFAST_TRY(const Json detail, ParseJson(detail_json, kMaxEventDetail));
  return Done(database_->Write<int>([&](soci::session& sql) -> Result<int> {
    rows::AppendAudit(sql, change, action, subject, detail);
    return 0;
  }));
}

Result<AuditHead> SqliteStore::SignerAuditHead() {
  return database_->Read<AuditHead>(ReadSignerHead);
}

Status SqliteStore::KeepSignerAuditHead(const AuditHead& head) {
  return Done(database_->Write<int>([&](soci::session& sql) -> Result<int> {
    HOLDFAST_TRY(const AuditHead seen, ReadSignerHead(sql));
    if (head.sequence > seen.sequence) WriteSignerHead(sql, head);
    return 0;
  }));
}

Status SqliteStore::AcceptSignerAuditHead(const Change& change, const AuditHead& head) {
  return Done(database_->Write<int>([&](soci::session& sql) -> Result<int> {
    HOLDFAST_TRY(const AuditHead seen, ReadSignerHead(sql));
    WriteSignerHead(sql, head);
    rows::AppendAudit(sql, change, "signer.audit_accept", "signer",
                      {{"from", FormatAuditHead(seen)}, {"to", FormatAuditHead(head)}});
    return 0;
  }));
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
