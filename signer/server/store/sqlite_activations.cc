// Activations: reserved before anything is signed, recorded when the certificate exists.
#include <algorithm>

#include "protocol/base64.h"
#include "signer/server/store/activation_ends.h"
#include "signer/server/store/continuation.h"
#include "signer/server/store/database.h"
#include "signer/server/store/repairs.h"
#include "signer/server/store/rows.h"
#include "signer/server/store/sqlite_store.h"

namespace holdfast {
namespace {

constexpr long long kShardSize = kMaxCrlEntries;  // so that a list holds all of its shard's serials

tl::unexpected<Error> NoLongerGood(ActivationState state) {
  if (state == ActivationState::kReturned)
    return Fail(ErrorKind::kConflict, "store.returned",
                "the license of this request was returned, and its key never signs again",
                "make a new request on the host");
  if (state == ActivationState::kRevoked)
    return Fail(ErrorKind::kConflict, "store.lapsed",
                "the reservation of this request has lapsed or was released meanwhile",
                "answer the request again");
  return Fail(ErrorKind::kConflict, "store.superseded",
              "a newer request from the same host was answered since",
              "install the newer answer, or make a new request on the host");
}

Status CheckActive(const LicenseRecord& license) {
  if (license.status == LicenseStatus::kActive) return {};
  return Fail(ErrorKind::kDenied, "store.status",
              "license " + license.id + " is " + std::string(LicenseStatusName(license.status)),
              license.status == LicenseStatus::kSuspended
                  ? "`holdfast-vendor license reactivate` lifts a suspension"
                  : "sell a new license");
}

// May the request be answered with what it has?
bool IsStillGood(const ActivationRecord& known, const ActivationProposal& proposal) {
  if (known.state == ActivationState::kIssued)
    return std::ranges::find(proposal.revoked_issuers, known.issuer_key_id) == proposal.revoked_issuers.end();
  return known.state == ActivationState::kReserved && known.issuer_key_id == proposal.issuer_key_id &&
         known.not_before >= proposal.oldest_not_before;
}

// A certificate for a key whose license has ended would take the place that this gave back.
Status CheckRenews(soci::session& sql, const ActivationProposal& proposal) {
  if (proposal.renews.empty()) return {};
  HOLDFAST_TRY(const ActivationRecord renewed, rows::OneActivation(sql, proposal.renews));
  if (renewed.state == ActivationState::kIssued) return {};
  return Fail(ErrorKind::kConflict, "store.overtaken",
              "the activation that is to be renewed is " + std::string(ActivationStateName(renewed.state)) +
                  " meanwhile",
              "try again");
}

// Room for the EK; the ids of what lapsed for it. An EK that has an activation takes no other. A reservation
// that nobody completed within its life, because the signer refused it or the host was scrapped, must not
// keep another host out for ever. Nothing is given away twice: no answer was made of a reservation, and once
// it has lapsed none can be (RecordIssued).
Result<Ids> MakeRoom(soci::session& sql, const Change& change, const LicenseRecord& license,
                     const ActivationProposal& proposal) {
  const std::string ek = HexEncode(proposal.ek_name);
  long long own = 0;
  sql << "select count(*) from activations where license = :license and ek_name = :ek"
         " and state in ('reserved', 'issued')",
      soci::use(license.id), soci::use(ek), soci::into(own);
  if (own > 0 || license.activations < license.activation_limit) return Ids();
  const std::string oldest = std::to_string(ToColumn(proposal.oldest_not_before));
  HOLDFAST_TRY(Ids lapsed, End(sql, change, ActivationState::kRevoked,
                               "where license = :license and state = 'reserved' and not_before < " + oldest,
                               {license.id}));
  HOLDFAST_TRY(const LicenseRecord after, rows::OneLicense(sql, "where licenses.id = :id", license.id));
  if (after.activations < after.activation_limit) return lapsed;
  return Fail(
      ErrorKind::kDenied, "store.activations",
      "license " + license.id + " is activated on " + std::to_string(license.activations) + " of " +
          std::to_string(license.activation_limit) + " hosts",
      "give one back with `holdfast-vendor license release`, or sell a license with more activations");
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

void InsertActivation(soci::session& sql, const Change& change, const ActivationProposal& proposal,
                      const std::string& takes_over) {
  const long long sequence = NextSequence(sql, "select coalesce(max(sequence), 0) from activations");
  const std::string ek_name = HexEncode(proposal.ek_name), content_hash = HexEncode(proposal.content_hash),
                    key_name = HexEncode(proposal.license_key_name), ak = HexEncode(proposal.ak_public),
                    serial = HexEncode(proposal.serial), issuer = HexEncode(proposal.issuer_key_id);
  const long long shard = NextShard(sql, issuer), at = ToColumn(change.at),
                  not_before = ToColumn(proposal.not_before), not_after = ToColumn(proposal.not_after);
  sql << "insert into activations (sequence, id, license, ek_name, content_hash, license_key_name, "
         "ak_public, serial,"
         " line, issuer_key_id, shard, state, state_since, not_before, not_after, terms, certificate, host,"
         " takes_over, created) values (:sequence, :id, :license, :ek_name, :content_hash, :key_name, :ak, "
         ":serial, "
         ":line,"
         " :issuer, :shard, 'reserved', :since, :not_before, :not_after, :terms, '', :host, :takes_over, "
         ":created)",
      soci::use(sequence), soci::use(proposal.id), soci::use(proposal.license), soci::use(ek_name),
      soci::use(content_hash), soci::use(key_name), soci::use(ak), soci::use(serial),
      soci::use(proposal.line), soci::use(issuer), soci::use(shard), soci::use(at), soci::use(not_before),
      soci::use(not_after), soci::use(proposal.terms), soci::use(proposal.host), soci::use(takes_over),
      soci::use(at);
}

// Older activations of the same EK end with this one; their ids. store.superseded when a newer one was issued
// already.
Result<Ids> Supersede(soci::session& sql, const Change& change, const ActivationRecord& by) {
  const std::string ek = HexEncode(by.ek_name);
  long long sequence = 0, newer = 0;
  sql << "select sequence from activations where id = :id", soci::use(by.id), soci::into(sequence);
  sql << "select count(*) from activations where license = :license and ek_name = :ek and state = 'issued'"
         " and sequence > :sequence",
      soci::use(by.license), soci::use(ek), soci::use(sequence), soci::into(newer);
  if (newer > 0) return NoLongerGood(ActivationState::kSuperseded);
  return End(
      sql, change, ActivationState::kSuperseded,
      "where license = :license and ek_name = :ek and state in ('reserved', 'issued') and sequence < " +
          std::to_string(sequence),
      {by.license, ek});
}

void AddIfAny(Json& detail, const char* name, const std::vector<std::string>& values) {
  if (!values.empty()) detail[name] = values;
}

Json ReservationDetail(const ActivationProposal& proposal) {
  return {{"license", proposal.license},
          {"ek", HexEncode(proposal.ek_name)},
          {"request", HexEncode(proposal.content_hash)},
          {"serial", HexEncode(proposal.serial)}};
}

// The proposal's notes, and those that the EK's history gives rise to. Inside the transaction that stores the
// sighting: of a TPM and its copy that ask at the same time, the second is met by the first.
Result<std::vector<std::string>> CheckHistory(soci::session& sql, const ActivationProposal& proposal) {
  std::vector<std::string> notes = proposal.notes;
  if (!proposal.check_history) return notes;
  HOLDFAST_TRY(const auto seen,
               rows::Sightings(sql, "where ek_name = :ek order by sequence", {HexEncode(proposal.ek_name)}));
  HOLDFAST_TRY(const auto more, proposal.check_history(seen));
  notes.insert(notes.end(), more.begin(), more.end());
  return notes;
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

// And the license runs again if it stood still.
Result<ActivationProposal> WithTerms(const ActivationProposal& proposal, const LicenseRecord& license,
                                     const std::vector<MeterUsage>& used, soci::session& sql) {
  ActivationProposal made = proposal;
  std::optional<Time> ends;
  if (proposal.make_terms) {
    HOLDFAST_TRY(ProposedTerms terms, proposal.make_terms(license, used));
    made.terms = std::move(terms.json);
    made.not_after = terms.not_after;
    ends = terms.expires;
  }
  if (license.time_left) {
    Resume(sql, license.id);
    if (ends) SetOwnEnd(sql, license.id, ends);
  }
  return made;
}

}  // namespace

Result<ActivationRecord> SqliteStore::ReserveActivation(const Change& change,
                                                        const ActivationProposal& proposal) {
  return database_->Write<ActivationRecord>([&](soci::session& sql) -> Result<ActivationRecord> {
    HOLDFAST_TRY(const LicenseRecord license,
                 rows::OneLicense(sql, "where licenses.id = :id", proposal.license));
    HOLDFAST_CHECK(CheckActive(license));
    HOLDFAST_TRY(const auto known, FindByRequest(sql, proposal.license, proposal.content_hash));
    const bool ended =
        known && (known->state == ActivationState::kSuperseded || known->state == ActivationState::kReturned);
    if (ended) return NoLongerGood(known->state);
    if (known && IsStillGood(*known, proposal)) return *known;
    HOLDFAST_CHECK(CheckRenews(sql, proposal));
    HOLDFAST_TRY(const auto notes, CheckHistory(sql, proposal));
    HOLDFAST_TRY(const Ids repaired, Repair(sql, change, license, proposal));
    HOLDFAST_TRY(const LicenseRecord now, rows::OneLicense(sql, "where licenses.id = :id", proposal.license));
    HOLDFAST_TRY(const Ids lapsed, MakeRoom(sql, change, now, proposal));
    HOLDFAST_TRY(const Continuation place, ContinuationFor(sql, license.id, proposal.ek_name));
    HOLDFAST_TRY(const ActivationProposal made, WithTerms(proposal, now, place.used, sql));
    Json detail = ReservationDetail(proposal);
    if (!place.takes_over.empty()) detail["takes_over"] = place.takes_over;
    AddIfAny(detail, "notes", notes);
    AddIfAny(detail, "repaired", repaired);
    AddIfAny(detail, "lapsed", lapsed);
    if (known && IsInUse(*known)) {
      SetState(sql, change, known->id, ActivationState::kSuperseded);
      AddIfAny(detail, "superseded", {known->id});
    }
    if (now.time_left) detail["resumed_with"] = now.time_left->count();
    InsertActivation(sql, change, made, place.takes_over);
    RecordRepair(sql, change, proposal, repaired);
    if (proposal.sighting) rows::InsertSighting(sql, *proposal.sighting);
    rows::AppendAudit(sql, change, "activation.reserve", proposal.id, detail);
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
    HOLDFAST_TRY(const Ids superseded, Supersede(sql, change, record));
    const std::string der = Base64Encode(certificate);
    sql << "update activations set certificate = :der where id = :id", soci::use(der), soci::use(activation);
    SetState(sql, change, activation, ActivationState::kIssued);
    Json detail{{"license", record.license}, {"serial", HexEncode(record.serial)}};
    AddIfAny(detail, "superseded", superseded);
    rows::AppendAudit(sql, change, "activation.issue", activation, detail);
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

}  // namespace holdfast
