// Activations: reserved before anything is signed, recorded when the certificate exists.
#include "protocol/base64.h"
#include "signer/server/store/database.h"
#include "signer/server/store/rows.h"
#include "signer/server/store/sqlite_store.h"

namespace holdfast {
namespace {

constexpr long long kShardSize = kMaxCrlEntries;  // so that a list holds all of its shard's serials

tl::unexpected<Error> NoLongerGood(ActivationState state) {
  if (state == ActivationState::kRevoked)
    return Fail(ErrorKind::kConflict, "store.revoked", "the activation of this request was revoked",
                "make a new request on the host");
  return Fail(ErrorKind::kConflict, "store.superseded",
              "a newer request from the same TPM was answered since",
              "install the newer answer, or make a new request on the host");
}

Status CheckActive(const LicenseRecord& license) {
  if (license.status == LicenseStatus::kActive) return {};
  return Refused(
      "store.status", "license " + license.id + " is " + std::string(LicenseStatusName(license.status)),
      license.status == LicenseStatus::kSuspended ? "`holdfast-vendor license reactivate` lifts a suspension"
                                                  : "sell a new license");
}

bool Counts(const ActivationRecord& activation) {
  return activation.state == ActivationState::kReserved || activation.state == ActivationState::kIssued;
}

bool IsStillGood(const ActivationRecord& reserved, const ActivationProposal& proposal) {
  return reserved.issuer_key_id == proposal.issuer_key_id &&
         reserved.not_before >= proposal.oldest_not_before;
}

// An EK that has an activation takes no other.
Status CheckLimit(soci::session& sql, const LicenseRecord& license, const Bytes& ek_name) {
  const std::string ek = HexEncode(ek_name);
  long long own = 0;
  sql << "select count(*) from activations where license = :license and ek_name = :ek"
         " and state in ('reserved', 'issued')",
      soci::use(license.id), soci::use(ek), soci::into(own);
  if (own > 0 || license.activations < license.activation_limit) return {};
  return Fail(ErrorKind::kDenied, "store.activations",
              "license " + license.id + " is activated on " + std::to_string(license.activations) + " of " +
                  std::to_string(license.activation_limit) + " hosts",
              "sell a license with more activations");
}

// The newest shard until it is full. Rows never leave a shard, so none ever has more than kShardSize.
long long NextShard(soci::session& sql, const std::string& issuer_key_id) {
  long long shard = 0, count = 0;
  sql << "select coalesce(max(shard), 0) from activations where issuer_key_id = :issuer",
      soci::use(issuer_key_id), soci::into(shard);
  sql << "select count(*) from activations where issuer_key_id = :issuer and shard = :shard",
      soci::use(issuer_key_id), soci::use(shard), soci::into(count);
  return count < kShardSize ? shard : shard + 1;
}

long long NextSequence(soci::session& sql, const char* query) {
  long long sequence = 0;
  sql << query, soci::into(sequence);
  return sequence + 1;
}

void InsertActivation(soci::session& sql, const Change& change, const ActivationProposal& proposal) {
  const long long sequence = NextSequence(sql, "select coalesce(max(sequence), 0) from activations");
  const std::string ek_name = HexEncode(proposal.ek_name), content_hash = HexEncode(proposal.content_hash),
                    key_name = HexEncode(proposal.license_key_name), serial = HexEncode(proposal.serial),
                    issuer = HexEncode(proposal.issuer_key_id);
  const long long shard = NextShard(sql, issuer), at = ToColumn(change.at),
                  not_before = ToColumn(proposal.not_before), not_after = ToColumn(proposal.not_after);
  sql << "insert into activations (sequence, id, license, ek_name, content_hash, license_key_name, serial,"
         " line, issuer_key_id, shard, state, state_since, not_before, not_after, terms, certificate, host,"
         " created) values (:sequence, :id, :license, :ek_name, :content_hash, :key_name, :serial, :line,"
         " :issuer, :shard, 'reserved', :since, :not_before, :not_after, :terms, '', :host, :created)",
      soci::use(sequence), soci::use(proposal.id), soci::use(proposal.license), soci::use(ek_name),
      soci::use(content_hash), soci::use(key_name), soci::use(serial), soci::use(proposal.line),
      soci::use(issuer), soci::use(shard), soci::use(at), soci::use(not_before), soci::use(not_after),
      soci::use(proposal.terms), soci::use(proposal.host), soci::use(at);
}

void InsertSighting(soci::session& sql, const SightingRecord& sighting) {
  const long long sequence = NextSequence(sql, "select coalesce(max(sequence), 0) from ek_sightings");
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

void SetState(soci::session& sql, const Change& change, const std::string& id, ActivationState state) {
  const std::string name(ActivationStateName(state));
  const long long at = ToColumn(change.at);
  sql << "update activations set state = :state, state_since = :since where id = :id", soci::use(name),
      soci::use(at), soci::use(id);
}

// Older activations of the same EK end with this one. store.superseded when a newer one was issued already.
Status Supersede(soci::session& sql, const Change& change, const ActivationRecord& by) {
  const std::string ek = HexEncode(by.ek_name);
  long long sequence = 0, newer = 0;
  const long long at = ToColumn(change.at);
  sql << "select sequence from activations where id = :id", soci::use(by.id), soci::into(sequence);
  sql << "select count(*) from activations where license = :license and ek_name = :ek and state = 'issued'"
         " and sequence > :sequence",
      soci::use(by.license), soci::use(ek), soci::use(sequence), soci::into(newer);
  if (newer > 0) return NoLongerGood(ActivationState::kSuperseded);
  sql << "update activations set state = 'superseded', state_since = :at where license = :license"
         " and ek_name = :ek and state in ('reserved', 'issued') and sequence < :sequence",
      soci::use(at), soci::use(by.license), soci::use(ek), soci::use(sequence);
  return {};
}

Json ReservationDetail(const ActivationProposal& proposal) {
  Json detail{{"license", proposal.license},
              {"ek", HexEncode(proposal.ek_name)},
              {"request", HexEncode(proposal.content_hash)},
              {"serial", HexEncode(proposal.serial)}};
  if (!proposal.notes.empty()) detail["notes"] = proposal.notes;
  return detail;
}

// The newest: an older one of the same request was moved to another issuing key.
Result<std::optional<ActivationRecord>> FindByRequest(soci::session& sql, const std::string& license,
                                                      const Bytes& content_hash) {
  HOLDFAST_TRY(auto found, rows::Activations(sql,
                                             "where license = :license and content_hash = :hash"
                                             " order by sequence desc limit 1",
                                             {license, HexEncode(content_hash)}));
  if (found.empty()) return std::optional<ActivationRecord>();
  return std::optional<ActivationRecord>(std::move(found.front()));
}

}  // namespace

Result<ActivationRecord> SqliteStore::ReserveActivation(const Change& change,
                                                        const ActivationProposal& proposal) {
  return database_->Write<ActivationRecord>([&](soci::session& sql) -> Result<ActivationRecord> {
    HOLDFAST_TRY(const LicenseRecord license,
                 rows::OneLicense(sql, "where licenses.id = :id", proposal.license));
    HOLDFAST_CHECK(CheckActive(license));
    HOLDFAST_TRY(const auto known, FindByRequest(sql, proposal.license, proposal.content_hash));
    if (known && !Counts(*known)) return NoLongerGood(known->state);
    if (known && (known->state == ActivationState::kIssued || IsStillGood(*known, proposal))) return *known;
    HOLDFAST_CHECK(CheckLimit(sql, license, proposal.ek_name));
    if (known) SetState(sql, change, known->id, ActivationState::kSuperseded);
    InsertActivation(sql, change, proposal);
    InsertSighting(sql, proposal.sighting);
    rows::AppendAudit(sql, change, "activation.reserve", proposal.id, ReservationDetail(proposal));
    return rows::OneActivation(sql, proposal.id);
  });
}

Result<ActivationRecord> SqliteStore::RecordIssued(const Change& change, const std::string& activation,
                                                   const Bytes& certificate) {
  return database_->Write<ActivationRecord>([&](soci::session& sql) -> Result<ActivationRecord> {
    HOLDFAST_TRY(ActivationRecord record, rows::OneActivation(sql, activation));
    if (record.state == ActivationState::kIssued) return record;
    if (record.state != ActivationState::kReserved) return NoLongerGood(record.state);
    HOLDFAST_TRY(const LicenseRecord license,
                 rows::OneLicense(sql, "where licenses.id = :id", record.license));
    HOLDFAST_CHECK(CheckActive(license));
    HOLDFAST_CHECK(Supersede(sql, change, record));
    const std::string der = Base64Encode(certificate);
    sql << "update activations set certificate = :der where id = :id", soci::use(der), soci::use(activation);
    SetState(sql, change, activation, ActivationState::kIssued);
    rows::AppendAudit(sql, change, "activation.issue", activation,
                      {{"license", record.license}, {"serial", HexEncode(record.serial)}});
    return rows::OneActivation(sql, activation);
  });
}

Result<std::vector<ActivationRecord>> SqliteStore::ListActivations(const std::string& license) {
  return database_->Read<std::vector<ActivationRecord>>([&](soci::session& sql) {
    return rows::Activations(sql, "where license = :license order by sequence", {license});
  });
}

Result<std::vector<SightingRecord>> SqliteStore::ListSightings(const std::string& license) {
  return database_->Read<std::vector<SightingRecord>>([&](soci::session& sql) {
    return rows::Sightings(sql, "where license = :license order by sequence", {license});
  });
}

Result<std::vector<SightingRecord>> SqliteStore::ListSightingsOfEk(const Bytes& ek_name) {
  return database_->Read<std::vector<SightingRecord>>([&](soci::session& sql) {
    return rows::Sightings(sql, "where ek_name = :ek order by sequence", {HexEncode(ek_name)});
  });
}

}  // namespace holdfast
