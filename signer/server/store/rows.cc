#include "signer/server/store/rows.h"

#include "protocol/base64.h"
#include "protocol/json_text.h"
#include "protocol/meter_usage.h"
#include "signer/server/store/audit_chain.h"
#include "signer/server/store/database.h"

namespace holdfast::rows {
namespace {

using Prepared = soci::details::prepare_temp_type;

// Fetches all rows; `bind` names the columns' places, `take` uses them after each row.
template <class Bind, class Take>
Status ForEach(soci::session& sql, const std::string& text, const Values& values, Bind bind, Take take) {
  Prepared prepared = sql.prepare << text;
  for (const std::string& value : values) prepared, soci::use(value);
  bind(prepared);
  soci::statement statement(prepared);
  statement.execute();
  while (statement.fetch()) HOLDFAST_CHECK(take());
  return {};
}

Result<Bytes> Hex(const std::string& column) {
  if (auto bytes = HexDecode(column)) return std::move(*bytes);
  return Malformed("store.corrupt", "the store holds a value that is not hexadecimal",
                   "restore the store from a backup");
}

std::optional<Seconds> SecondsFromColumn(long long column) {
  return column < 0 ? std::nullopt : std::optional(Seconds(column));
}

struct LicenseRow {
  LicenseRecord record;
  std::string status, possession_key;
  long long version = 0, limit = 0, since = 0, created = 0, ends = 0, left = 0, used = 0;

  static constexpr const char* kSelect =
      "select licenses.id, product, product_version, plan, customers.name, activation_limit, status,"
      " status_since, product_key_id, possession_key, licenses.created, ends, time_left,"
      " (select count(distinct ek_name) from activations where activations.license = licenses.id"
      "  and state in ('reserved', 'issued'))"
      " from licenses join customers on customers.id = licenses.customer ";
  void Bind(Prepared& to) {
    using soci::into;
    to, into(record.id), into(record.product), into(version), into(record.plan), into(record.customer),
        into(limit), into(status), into(since), into(record.product_key_id), into(possession_key),
        into(created), into(ends), into(left), into(used);
  }
  Result<LicenseRecord> Take() {
    record.product_version = version;
    record.activation_limit = limit;
    HOLDFAST_TRY(record.status, ParseLicenseStatus(status));
    record.status_since = TimeFromColumn(since);
    HOLDFAST_TRY(record.possession_key, Hex(possession_key));
    record.created = TimeFromColumn(created);
    record.ends = ends == 0 ? std::nullopt : std::optional<Time>(TimeFromColumn(ends));
    record.time_left = SecondsFromColumn(left);
    record.activations = used;
    return record;
  }
};

struct ActivationRow {
  ActivationRecord record;
  std::string ek_name, content_hash, license_key_name, ak_public, serial, issuer_key_id, state, certificate;
  long long shard = 0, since = 0, not_before = 0, not_after = 0, created = 0;

  static constexpr const char* kSelect =
      "select id, license, ek_name, content_hash, license_key_name, ak_public, serial, line, issuer_key_id, "
      "shard,"
      " state, state_since, not_before, not_after, terms, certificate, host, takes_over, created from "
      "activations ";
  void Bind(Prepared& to) {
    using soci::into;
    to, into(record.id), into(record.license), into(ek_name), into(content_hash), into(license_key_name),
        into(ak_public), into(serial), into(record.line), into(issuer_key_id), into(shard), into(state),
        into(since), into(not_before), into(not_after), into(record.terms), into(certificate),
        into(record.host), into(record.takes_over), into(created);
  }
  Result<ActivationRecord> Take() {
    HOLDFAST_TRY(record.ek_name, Hex(ek_name));
    HOLDFAST_TRY(record.content_hash, Hex(content_hash));
    HOLDFAST_TRY(record.license_key_name, Hex(license_key_name));
    HOLDFAST_TRY(record.ak_public, Hex(ak_public));
    HOLDFAST_TRY(record.serial, Hex(serial));
    HOLDFAST_TRY(record.issuer_key_id, Hex(issuer_key_id));
    HOLDFAST_TRY(record.state, ParseActivationState(state));
    HOLDFAST_TRY(record.certificate, Base64Decode(certificate));
    record.shard = static_cast<int>(shard);
    record.state_since = TimeFromColumn(since);
    record.not_before = TimeFromColumn(not_before);
    record.not_after = TimeFromColumn(not_after);
    record.created = TimeFromColumn(created);
    return record;
  }
};

struct SightingRow {
  SightingRecord record;
  std::string ek_name, content_hash, gate_base, clock;
  long long gate_index = 0, reset_count = 0, restart_count = 0, seen = 0;

  static constexpr const char* kSelect =
      "select ek_name, license, content_hash, gate_index, gate_base, clock_ms, reset_count, restart_count,"
      " seen from ek_sightings ";
  void Bind(Prepared& to) {
    using soci::into;
    to, into(ek_name), into(record.license), into(content_hash), into(gate_index), into(gate_base),
        into(clock), into(reset_count), into(restart_count), into(seen);
  }
  Result<SightingRecord> Take() {
    HOLDFAST_TRY(record.ek_name, Hex(ek_name));
    HOLDFAST_TRY(record.content_hash, Hex(content_hash));
    record.gate_index = static_cast<uint32_t>(gate_index);
    record.gate_base = std::strtoull(gate_base.c_str(), nullptr, 10);
    record.clock_ms = std::strtoull(clock.c_str(), nullptr, 10);
    record.reset_count = static_cast<uint32_t>(reset_count);
    record.restart_count = static_cast<uint32_t>(restart_count);
    record.seen = TimeFromColumn(seen);
    return record;
  }
};

struct ReturnRow {
  ReturnRecord record;
  std::string proof_hash, nonce, gate_value, units, used;
  long long accepted = 0, left = 0;

  static constexpr const char* kSelect =
      "select activation, proof, proof_hash, nonce, gate_value, accepted, units, used, time_left from "
      "returns ";
  void Bind(Prepared& to) {
    using soci::into;
    to, into(record.activation), into(record.proof), into(proof_hash), into(nonce), into(gate_value),
        into(accepted), into(units), into(used), into(left);
  }
  Status TakeUsed() {
    const auto array = ParseJson(used, used.size());
    auto parsed = array && array->is_array() ? ParseMeterUsages(*array, "store.corrupt")
                                             : Malformed("store.corrupt", "not a list of meters");
    if (!parsed)
      return Malformed("store.corrupt", "units of a return cannot be read: " + parsed.error().message,
                       "restore the store from a backup");
    record.used = std::move(*parsed);
    return {};
  }
  Result<ReturnRecord> Take() {
    HOLDFAST_TRY(record.proof_hash, Hex(proof_hash));
    HOLDFAST_TRY(record.nonce, Hex(nonce));
    record.gate_value = std::strtoull(gate_value.c_str(), nullptr, 10);
    record.accepted = TimeFromColumn(accepted);
    HOLDFAST_TRY(record.units, ParseUnitCount(units));
    HOLDFAST_CHECK(TakeUsed());
    record.time_left = SecondsFromColumn(left);
    return record;
  }
};

struct ReturnNonceRow {
  ReturnNonceRecord record;
  std::string nonce;
  long long issued = 0, used = 0;

  static constexpr const char* kSelect = "select activation, nonce, issued, used from return_nonces ";
  void Bind(Prepared& to) {
    using soci::into;
    to, into(record.activation), into(nonce), into(issued), into(used);
  }
  Result<ReturnNonceRecord> Take() {
    HOLDFAST_TRY(record.nonce, Hex(nonce));
    record.issued = TimeFromColumn(issued);
    record.used = used != 0;
    return record;
  }
};

struct HeartbeatRow {
  HeartbeatRecord record;
  std::string ek_name, report_id, counter, answer_id, notes;
  long long report_sequence = 0, birth = 0, seen = 0;

  static std::string Select(bool with_answer) {
    return std::string("select license, ek_name, activation, report_id, report, report_sequence, counter,") +
           " birth, answer_id, " + (with_answer ? "answer" : "''") + ", host, notes, seen from heartbeats ";
  }
  void Bind(Prepared& to) {
    using soci::into;
    to, into(record.license), into(ek_name), into(record.activation), into(report_id), into(record.report),
        into(report_sequence), into(counter), into(birth), into(answer_id), into(record.answer),
        into(record.host), into(notes), into(seen);
  }
  Status TakeNotes() {
    HOLDFAST_TRY(const Json names, ParseJson(notes, notes.size()));
    record.notes.clear();
    for (const Json& name : names)
      if (name.is_string()) record.notes.push_back(name.get<std::string>());
    return {};
  }
  Result<HeartbeatRecord> Take() {
    HOLDFAST_TRY(record.ek_name, Hex(ek_name));
    HOLDFAST_TRY(record.report_id, Hex(report_id));
    HOLDFAST_TRY(record.answer_id, Hex(answer_id));
    HOLDFAST_CHECK(TakeNotes());
    record.report_sequence = report_sequence;
    record.counter = std::strtoull(counter.c_str(), nullptr, 10);
    record.birth = birth;
    record.seen = TimeFromColumn(seen);
    return record;
  }
};

struct AuditRow {
  AuditRecord record;
  std::string previous, hash;
  long long sequence = 0, at = 0;

  static constexpr const char* kSelect =
      "select sequence, at, actor, action, subject, detail, previous, hash from audit ";
  void Bind(Prepared& to) {
    using soci::into;
    to, into(sequence), into(at), into(record.actor), into(record.action), into(record.subject),
        into(record.detail), into(previous), into(hash);
  }
  Result<AuditRecord> Take() {
    record.sequence = sequence;
    record.at = TimeFromColumn(at);
    HOLDFAST_TRY(record.previous, Hex(previous));
    HOLDFAST_TRY(record.hash, Hex(hash));
    return record;
  }
};

template <class Row, class Record>
Result<std::vector<Record>> Load(soci::session& sql, const std::string& text, const Values& values) {
  Row row;
  std::vector<Record> records;
  HOLDFAST_CHECK(ForEach(
      sql, text, values, [&](Prepared& to) { row.Bind(to); },
      [&]() -> Status {
        HOLDFAST_TRY(Record record, row.Take());
        records.push_back(std::move(record));
        return {};
      }));
  return records;
}

}  // namespace

Result<std::vector<ProductRecord>> Products(soci::session& sql, const std::string& where,
                                            const Values& values) {
  ProductRecord record;
  long long version = 0, created = 0;
  std::vector<ProductRecord> records;
  HOLDFAST_CHECK(ForEach(
      sql, "select id, version, file, created from products " + where, values,
      [&](Prepared& to) {
        to, soci::into(record.id), soci::into(version), soci::into(record.file), soci::into(created);
      },
      [&]() -> Status {
        record.version = version;
        record.created = TimeFromColumn(created);
        records.push_back(record);
        return {};
      }));
  return records;
}

Result<std::vector<LicenseRecord>> Licenses(soci::session& sql, const std::string& where,
                                            const Values& values) {
  return Load<LicenseRow, LicenseRecord>(sql, LicenseRow::kSelect + where, values);
}

Result<std::vector<ActivationRecord>> Activations(soci::session& sql, const std::string& where,
                                                  const Values& values) {
  return Load<ActivationRow, ActivationRecord>(sql, ActivationRow::kSelect + where, values);
}

Result<std::vector<RepairedActivation>> Repairs(soci::session& sql, const std::string& where,
                                                const Values& values) {
  RepairedActivation record;
  long long at = 0;
  std::vector<RepairedActivation> records;
  HOLDFAST_CHECK(ForEach(
      sql, "select license, replaced, replacement, at from repairs " + where, values,
      [&](Prepared& to) {
        to, soci::into(record.license), soci::into(record.replaced), soci::into(record.replacement),
            soci::into(at);
      },
      [&]() -> Status {
        record.at = TimeFromColumn(at);
        records.push_back(record);
        return {};
      }));
  return records;
}

Result<std::vector<SightingRecord>> Sightings(soci::session& sql, const std::string& where,
                                              const Values& values) {
  return Load<SightingRow, SightingRecord>(sql, SightingRow::kSelect + where, values);
}

Result<std::vector<ReturnRecord>> Returns(soci::session& sql, const std::string& where,
                                          const Values& values) {
  return Load<ReturnRow, ReturnRecord>(sql, ReturnRow::kSelect + where, values);
}

Result<std::vector<ReturnNonceRecord>> ReturnNonces(soci::session& sql, const std::string& where,
                                                    const Values& values) {
  return Load<ReturnNonceRow, ReturnNonceRecord>(sql, ReturnNonceRow::kSelect + where, values);
}

Result<std::vector<HeartbeatRecord>> Heartbeats(soci::session& sql, const std::string& where,
                                                const Values& values, bool with_answer) {
  return Load<HeartbeatRow, HeartbeatRecord>(sql, HeartbeatRow::Select(with_answer) + where, values);
}

Result<std::vector<AuditRecord>> Audit(soci::session& sql, int64_t after_sequence, int limit) {
  return Load<AuditRow, AuditRecord>(sql,
                                     std::string(AuditRow::kSelect) + "where sequence > " +
                                         std::to_string(after_sequence) + " order by sequence limit " +
                                         std::to_string(limit),
                                     {});
}

Result<LicenseRecord> OneLicense(soci::session& sql, const std::string& where, const std::string& value) {
  HOLDFAST_TRY(auto found, Licenses(sql, where, {value}));
  if (found.size() == 1) return std::move(found.front());
  return Fail(ErrorKind::kNotFound, "store.license", "there is no such license",
              "see `holdfast-vendor license list`");
}

Result<ActivationRecord> OneActivation(soci::session& sql, const std::string& id) {
  HOLDFAST_TRY(auto found, Activations(sql, "where id = :id", {id}));
  if (found.size() == 1) return std::move(found.front());
  return NoActivation();
}

tl::unexpected<Error> NoActivation() {
  return Fail(ErrorKind::kNotFound, "store.activation", "the license has no such activation",
              "see `holdfast-vendor license show`");
}

void InsertSighting(soci::session& sql, const SightingRecord& sighting) {
  long long sequence = 0;
  sql << "select coalesce(max(sequence), 0) + 1 from ek_sightings", soci::into(sequence);
  const std::string ek_name = HexEncode(sighting.ek_name), content_hash = HexEncode(sighting.content_hash),
                    gate = std::to_string(sighting.gate_base), clock = std::to_string(sighting.clock_ms);
  const long long index = sighting.gate_index, resets = sighting.reset_count,
                  restarts = sighting.restart_count, seen = ToColumn(sighting.seen);
  sql << "insert into ek_sightings (sequence, ek_name, license, content_hash, gate_index, gate_base, "
         "clock_ms,"
         " reset_count, restart_count, seen) values (:sequence, :ek_name, :license, :content_hash, :index,"
         " :gate, :clock, :resets, :restarts, :seen)",
      soci::use(sequence), soci::use(ek_name), soci::use(sighting.license), soci::use(content_hash),
      soci::use(index), soci::use(gate), soci::use(clock), soci::use(resets), soci::use(restarts),
      soci::use(seen);
}

void AppendAudit(soci::session& sql, const Change& change, const std::string& action,
                 const std::string& subject, const Json& detail) {
  AuditRecord record{.at = change.at, .actor = change.actor, .action = action, .subject = subject};
  record.detail = FormatJson(detail);
  long long sequence = 0;
  std::string previous;
  sql << "select coalesce(max(sequence), 0) from audit", soci::into(sequence);
  if (sequence > 0)
    sql << "select hash from audit where sequence = :sequence", soci::use(sequence), soci::into(previous);
  record.previous = HexDecode(previous).value_or(Bytes{});
  if (record.previous.empty()) record.previous.assign(kAuditHashSize, 0);
  record.sequence = ++sequence;
  const std::string hash = HexEncode(AuditHash(record)), before = HexEncode(record.previous);
  const long long at = ToColumn(change.at);
  sql << "insert into audit (sequence, at, actor, action, subject, detail, previous, hash)"
         " values (:sequence, :at, :actor, :action, :subject, :detail, :previous, :hash)",
      soci::use(sequence), soci::use(at), soci::use(record.actor), soci::use(record.action),
      soci::use(record.subject), soci::use(record.detail), soci::use(before), soci::use(hash);
}

}  // namespace holdfast::rows
