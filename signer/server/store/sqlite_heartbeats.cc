// Heartbeats that were answered, and forks that were met.
#include "protocol/json_text.h"
#include "signer/server/store/database.h"
#include "signer/server/store/rows.h"
#include "signer/server/store/sqlite_store.h"

namespace holdfast {
namespace {

Result<std::optional<HeartbeatRecord>> Find(soci::session& sql, const std::string& license,
                                            const Bytes& report_id) {
  HOLDFAST_TRY(auto found, rows::Heartbeats(sql, "where license = :license and report_id = :id",
                                            {license, HexEncode(report_id)}, true));
  if (found.empty()) return std::optional<HeartbeatRecord>();
  return std::optional<HeartbeatRecord>(std::move(found.front()));
}

void Insert(soci::session& sql, const HeartbeatRecord& record) {
  long long sequence = 0;
  sql << "select coalesce(max(sequence), 0) + 1 from heartbeats", soci::into(sequence);
  const std::string ek_name = HexEncode(record.ek_name), report_id = HexEncode(record.report_id),
                    counter = std::to_string(record.counter), answer_id = HexEncode(record.answer_id),
                    notes = FormatJson(Json(record.notes));
  const long long report_sequence = record.report_sequence, birth = record.birth,
                  seen = ToColumn(record.seen);
  sql << "insert into heartbeats (sequence, license, ek_name, activation, report_id, report, report_sequence,"
         " counter, birth, answer_id, answer, host, notes, seen) values (:sequence, :license, :ek_name,"
         " :activation, :report_id, :report, :report_sequence, :counter, :birth, :answer_id, :answer, :host,"
         " :notes, :seen)",
      soci::use(sequence), soci::use(record.license), soci::use(ek_name), soci::use(record.activation),
      soci::use(report_id), soci::use(record.report), soci::use(report_sequence), soci::use(counter),
      soci::use(birth), soci::use(answer_id), soci::use(record.answer), soci::use(record.host),
      soci::use(notes), soci::use(seen);
}

Json Detail(const HeartbeatRecord& record) {
  Json detail{{"license", record.license},
              {"host", record.host},
              {"report", HexEncode(record.report_id)},
              {"sequence", record.report_sequence},
              {"counter", std::to_string(record.counter)},
              {"answer", HexEncode(record.answer_id)}};
  if (!record.notes.empty()) detail["notes"] = record.notes;
  return detail;
}

}  // namespace

Result<std::vector<HeartbeatRecord>> SqliteStore::ListHeartbeats(const std::string& license) {
  return database_->Read<std::vector<HeartbeatRecord>>([&](soci::session& sql) {
    return rows::Heartbeats(sql, "where license = :license order by sequence", {license});
  });
}

Result<std::optional<HeartbeatRecord>> SqliteStore::FindHeartbeat(const std::string& license,
                                                                  const Bytes& report_id) {
  return database_->Read<std::optional<HeartbeatRecord>>(
      [&](soci::session& sql) { return Find(sql, license, report_id); });
}

Result<RecordedHeartbeat> SqliteStore::RecordHeartbeat(const Change& change, const NewHeartbeat& heartbeat) {
  return database_->Write<RecordedHeartbeat>([&](soci::session& sql) -> Result<RecordedHeartbeat> {
    HeartbeatRecord record = heartbeat.record;
    HOLDFAST_TRY(auto known, Find(sql, record.license, record.report_id));
    if (known) return RecordedHeartbeat{std::move(*known), true};
    HOLDFAST_TRY(const LicenseRecord license,
                 rows::OneLicense(sql, "where licenses.id = :id", record.license));
    HOLDFAST_TRY(const auto before,
                 rows::Heartbeats(sql, "where license = :license and ek_name = :ek order by sequence",
                                  {record.license, HexEncode(record.ek_name)}));
    if (heartbeat.check) HOLDFAST_CHECK(heartbeat.check(license, before));
    record.seen = change.at;
    Insert(sql, record);
    rows::AppendAudit(sql, change, "activation.heartbeat", record.activation, Detail(record));
    return RecordedHeartbeat{std::move(record), false};
  });
}

Result<LicenseRecord> SqliteStore::RecordFork(const Change& change, const ForkRecord& fork) {
  return database_->Write<LicenseRecord>([&](soci::session& sql) -> Result<LicenseRecord> {
    HOLDFAST_TRY(const LicenseRecord before, rows::OneLicense(sql, "where licenses.id = :id", fork.license));
    const bool suspends = fork.suspend && before.status == LicenseStatus::kActive;
    rows::AppendAudit(sql, change, "heartbeat.fork", fork.license,
                      {{"ek", HexEncode(fork.ek_name)},
                       {"report", HexEncode(fork.report_id)},
                       {"host", fork.host},
                       {"other_report", HexEncode(fork.other_report_id)},
                       {"other_host", fork.other_host},
                       {"done", fork.suspend ? "suspended" : "refused"}});
    if (!suspends) return before;
    const long long since = ToColumn(change.at);
    sql << "update licenses set status = 'suspended', status_since = :since where id = :id", soci::use(since),
        soci::use(fork.license);
    rows::AppendAudit(sql, change, "license.status", fork.license,
                      {{"from", LicenseStatusName(before.status)}, {"to", "suspended"}});
    return rows::OneLicense(sql, "where licenses.id = :id", fork.license);
  });
}

}  // namespace holdfast
