// Returns: nonces that were given out, proofs that were accepted, and the activations that ended with them.
#include <algorithm>

#include "protocol/json_text.h"
#include "protocol/meter_usage.h"
#include "signer/server/store/continuation.h"
#include "signer/server/store/database.h"
#include "signer/server/store/rows.h"
#include "signer/server/store/sqlite_store.h"

namespace holdfast {
namespace {

using Ids = std::vector<std::string>;

long long NextSequence(soci::session& sql, const std::string& table) {
  long long sequence = 0;
  sql << "select coalesce(max(sequence), 0) from " + table, soci::into(sequence);
  return sequence + 1;
}

Result<std::optional<ReturnNonceRecord>> UnusedNonce(soci::session& sql, const std::string& activation) {
  HOLDFAST_TRY(auto found,
               rows::ReturnNonces(sql, "where activation = :activation and used = 0", {activation}));
  if (found.empty()) return std::optional<ReturnNonceRecord>();
  return std::optional<ReturnNonceRecord>(std::move(found.front()));
}

// The record that says what `proven` says, if there is one: a promise or a proof without a nonce adds nothing to any other.
Result<std::optional<ReturnRecord>> Known(soci::session& sql, const ReturnRecord& proven) {
  HOLDFAST_TRY(const auto all,
               rows::Returns(sql, "where activation = :activation order by sequence", {proven.activation}));
  for (const ReturnRecord& record : all)
    if (proven.nonce.empty() || record.nonce == proven.nonce) return std::optional<ReturnRecord>(record);
  return std::optional<ReturnRecord>();
}

Status UseNonce(soci::session& sql, const ReturnRecord& proven, bool dry_run) {
  HOLDFAST_TRY(const auto unused, UnusedNonce(sql, proven.activation));
  if (proven.nonce != (unused ? unused->nonce : Bytes()))
    return Fail(ErrorKind::kConflict, "store.return_nonce",
                "the nonce of this proof is not the one that is out", "try again");
  if (!unused || dry_run) return {};
  const std::string nonce = HexEncode(proven.nonce);
  sql << "update return_nonces set used = 1 where nonce = :nonce", soci::use(nonce);
  return {};
}

// Did the license key of `activation` die when the gate reached the value that was proven? Its base is what its request
// showed. A request that lied about it was not made by that TPM, and its answer never opens (decisions/0024).
bool DiedWith(const ActivationRecord& activation, uint32_t gate_index, uint64_t gate_value,
              const std::vector<SightingRecord>& sightings) {
  return std::any_of(sightings.begin(), sightings.end(), [&](const SightingRecord& sighting) {
    return sighting.content_hash == activation.content_hash && sighting.gate_index == gate_index &&
           sighting.gate_base < gate_value;
  });
}

// Those of `present` whose key is dead, as a proof of `returned` with that value of the gate says; 0: a promise. What has the key that the proof is
// signed with, such as a renewal whose answer the host never applied, ends with it also where no gate tells.
Result<Ids> FindEnded(soci::session& sql, const std::vector<ActivationRecord>& present,
                      const ActivationRecord& returned, uint32_t gate_index, uint64_t gate_value) {
  HOLDFAST_TRY(const auto sightings,
               rows::Sightings(sql, "where license = :license and ek_name = :ek order by sequence",
                               {returned.license, HexEncode(returned.ek_name)}));
  Ids ended;
  for (const ActivationRecord& activation : present)
    if (activation.license_key_name == returned.license_key_name ||
        (gate_value != 0 && DiedWith(activation, gate_index, gate_value, sightings)))
      ended.push_back(activation.id);
  return ended;
}

void End(soci::session& sql, const Change& change, const Ids& ids) {
  const long long at = ToColumn(change.at);
  for (const std::string& id : ids)
    sql << "update activations set state = 'returned', state_since = :since where id = :id", soci::use(at),
        soci::use(id);
}

void InsertReturn(soci::session& sql, const ReturnRecord& record) {
  const long long sequence = NextSequence(sql, "returns"), accepted = ToColumn(record.accepted),
                  left = record.time_left ? record.time_left->count() : -1;
  const std::string units(UnitCountName(record.units)), used = FormatJson(FormatMeterUsages(record.used));
  const std::string hash = HexEncode(record.proof_hash), nonce = HexEncode(record.nonce),
                    value = std::to_string(record.gate_value);
  sql << "insert into returns (sequence, activation, proof, proof_hash, nonce, gate_value, accepted, "
         "units, used, time_left)"
         " values (:sequence, :activation, :proof, :hash, :nonce, :value, :accepted, :units, :used, :left)",
      soci::use(sequence), soci::use(record.activation), soci::use(record.proof), soci::use(hash),
      soci::use(nonce), soci::use(value), soci::use(accepted), soci::use(units), soci::use(used),
      soci::use(left);
}

// What is left of the license's time, when nothing of it is in use any more and its plan says that it is credited.
Result<std::optional<Seconds>> TimeLeft(soci::session& sql, const Change& change, const NewReturn& proven,
                                        const ActivationRecord& returned, const Ids& ended) {
  if (!proven.credit_time || ended.empty()) return std::nullopt;
  HOLDFAST_TRY(const LicenseRecord license,
               rows::OneLicense(sql, "where licenses.id = :id", returned.license));
  HOLDFAST_TRY(const auto all,
               rows::Activations(sql, "where license = :license order by sequence", {license.id}));
  const bool in_use = std::ranges::any_of(all, [&](const ActivationRecord& each) {
    return IsInUse(each) && std::ranges::find(ended, each.id) == ended.end();
  });
  const std::optional<Time> end = license.ends ? license.ends : proven.plan_end;
  if (in_use || !end || *end <= change.at) return std::nullopt;
  return std::optional(*end - change.at);
}

Json Detail(const NewReturn& proven, const ReturnRecord& record, const ActivationRecord& returned,
            const Ids& ended) {
  Json detail{{"license", returned.license},
              {"proof", HexEncode(proven.record.proof_hash)},
              {"attested", proven.record.gate_value != 0},
              {"ended", ended}};
  if (record.units != UnitCount::kNone) {
    detail["units"] = UnitCountName(record.units);
    detail["used"] = FormatMeterUsages(record.used);
  }
  if (record.time_left) detail["time_left"] = record.time_left->count();
  if (!proven.record.nonce.empty()) detail["nonce"] = HexEncode(proven.record.nonce);
  if (!proven.notes.empty()) detail["notes"] = proven.notes;
  return detail;
}

// The return is on record. What is in use with a key that was dead before it was issued ends now: it never had a place, so that the one that was
// returned is free again with its units. The gate counts as it stood in the proof on record: with a later value in the same proof the host's next
// license would end as well, which has used units of its own.
Result<RecordedReturn> EndWhatIsDead(soci::session& sql, const Change& change, const NewReturn& proven,
                                     const ActivationRecord& returned, ReturnRecord known, bool dry_run) {
  HOLDFAST_TRY(const auto present, rows::Activations(sql,
                                                     "where license = :license and ek_name = :ek"
                                                     " and state in ('reserved', 'issued') order by sequence",
                                                     {returned.license, HexEncode(returned.ek_name)}));
  HOLDFAST_TRY(const Ids ended, FindEnded(sql, present, returned, proven.gate_index, known.gate_value));
  if (ended.empty()) return RecordedReturn{std::move(known), {}, true};
  HOLDFAST_TRY(const auto left, TimeLeft(sql, change, proven, returned, ended));
  if (left) known.time_left = left;
  if (dry_run) return RecordedReturn{std::move(known), ended, false};
  End(sql, change, ended);
  for (const std::string& id : ended)
    sql << "update activations set takes_over = '' where id = :id", soci::use(id);
  if (left) {
    const long long seconds = left->count();
    const std::string hash = HexEncode(known.proof_hash);
    sql << "update returns set time_left = :left where activation = :activation and proof_hash = :hash",
        soci::use(seconds), soci::use(known.activation), soci::use(hash);
    StandStill(sql, returned.license, *left);
  }
  rows::AppendAudit(sql, change, "activation.return", returned.id, Detail(proven, known, returned, ended));
  return RecordedReturn{std::move(known), ended, false};
}

}  // namespace

Result<ActivationRecord> SqliteStore::FindActivationBySerial(const Bytes& serial) {
  return database_->Read<ActivationRecord>([&](soci::session& sql) -> Result<ActivationRecord> {
    HOLDFAST_TRY(auto found, rows::Activations(sql, "where serial = :serial", {HexEncode(serial)}));
    if (found.size() == 1) return std::move(found.front());
    return Fail(ErrorKind::kNotFound, "store.activation", "there is no activation with this serial number");
  });
}

Result<ReturnNonceRecord> SqliteStore::IssueReturnNonce(const Change& change, const std::string& activation,
                                                        const Bytes& nonce) {
  return database_->Write<ReturnNonceRecord>([&](soci::session& sql) -> Result<ReturnNonceRecord> {
    HOLDFAST_TRY(const ActivationRecord record, rows::OneActivation(sql, activation));
    HOLDFAST_TRY(const auto unused, UnusedNonce(sql, activation));
    if (unused) return *unused;
    const long long sequence = NextSequence(sql, "return_nonces"), at = ToColumn(change.at);
    const std::string text = HexEncode(nonce);
    sql << "insert into return_nonces (sequence, activation, nonce, issued, used)"
           " values (:sequence, :activation, :nonce, :issued, 0)",
        soci::use(sequence), soci::use(activation), soci::use(text), soci::use(at);
    rows::AppendAudit(sql, change, "activation.return_nonce", activation,
                      {{"license", record.license}, {"nonce", text}});
    return ReturnNonceRecord{activation, nonce, change.at, false};
  });
}

Result<RecordedReturn> SqliteStore::RecordReturn(const Change& change, const NewReturn& proven,
                                                 bool dry_run) {
  return database_->Write<RecordedReturn>([&](soci::session& sql) -> Result<RecordedReturn> {
    HOLDFAST_TRY(const ActivationRecord returned, rows::OneActivation(sql, proven.record.activation));
    HOLDFAST_TRY(const auto known, Known(sql, proven.record));
    if (known) return EndWhatIsDead(sql, change, proven, returned, *known, dry_run);
    HOLDFAST_CHECK(UseNonce(sql, proven.record, dry_run));
    HOLDFAST_TRY(const auto present, InUseInPlaceOf(sql, returned));
    HOLDFAST_TRY(const Ids ended,
                 FindEnded(sql, present, returned, proven.gate_index, proven.record.gate_value));
    ReturnRecord record = proven.record;
    record.accepted = change.at;
    HOLDFAST_TRY(const auto earlier, rows::Returns(sql, "where activation = :activation", {returned.id}));
    if (!earlier.empty() || present.empty()) {  // counted with the first; or its place was given back before
      record.units = UnitCount::kNone;
      record.used.clear();
    }
    HOLDFAST_TRY(record.time_left, TimeLeft(sql, change, proven, returned, ended));
    if (dry_run) return RecordedReturn{std::move(record), ended, false};
    End(sql, change, ended);
    InsertReturn(sql, record);
    if (record.units != UnitCount::kNone) CarryOver(sql, returned, present);
    if (record.time_left) StandStill(sql, returned.license, *record.time_left);
    if (proven.sighting) rows::InsertSighting(sql, *proven.sighting);
    rows::AppendAudit(sql, change, "activation.return", returned.id, Detail(proven, record, returned, ended));
    return RecordedReturn{std::move(record), ended, false};
  });
}

Result<std::vector<ReturnRecord>> SqliteStore::ListReturns(const std::string& license) {
  return database_->Read<std::vector<ReturnRecord>>([&](soci::session& sql) {
    return rows::Returns(
        sql, "where activation in (select id from activations where license = :license) order by sequence",
        {license});
  });
}

Result<std::vector<ReturnNonceRecord>> SqliteStore::ListReturnNonces(const std::string& license) {
  return database_->Read<std::vector<ReturnNonceRecord>>([&](soci::session& sql) {
    return rows::ReturnNonces(
        sql, "where activation in (select id from activations where license = :license) order by sequence",
        {license});
  });
}

}  // namespace holdfast
