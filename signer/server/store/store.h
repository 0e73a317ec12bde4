// What the vendor knows: products, sold licenses, activations, revocation lists, the audit log. The methods
// are intents, not tables: each that changes something is one transaction together with its audit record,
// and either happened wholly or not at all. All are thread safe; several processes may share one store.
//
// Errors common to all: store.busy, store.full, store.io (kUnavailable: nothing was changed, try again),
// store.corrupt (kMalformed).
#pragma once

#include <functional>

#include "signer/server/store/records.h"

namespace holdfast {

// Judges a new request by what was seen of its EK before, oldest first: notes for the audit record, or why
// it is refused. Called inside the store's transaction: it must not use the store.
using HistoryCheck = std::function<Result<std::vector<std::string>>(const std::vector<SightingRecord>&)>;

// Judges a heartbeat by the license as it is and by what was recorded of the same host before, oldest first (without the answers): why it is
// not recorded. Called inside the store's transaction: it must not use the store.
using HeartbeatCheck = std::function<Status(const LicenseRecord&, const std::vector<HeartbeatRecord>&)>;

struct NewLicense {
  std::string id;
  std::string product;
  std::string plan;
  std::string customer;     // by name; made when there is none of that name
  std::string customer_id;  // the id that a new customer gets
  int64_t activation_limit = 1;
  std::string product_key_id;
  Bytes possession_key;
};

// A host that lost its hardware takes the place of its earlier activation.
inline constexpr Seconds kRepairYear{365 * 86400};
struct RepairProposal {
  Bytes serial;      // of the certificate that it had; empty: the only activation that is in use
  int per_year = 0;  // how many repairs the license has in any kRepairYear
};

// The terms of an activation, and what follows from them.
struct ProposedTerms {
  std::string json;
  std::optional<Time> expires;  // absent: never
  Time not_after;
};
// Makes the terms for the license as it is now, with units that are used up before. Called inside the store's transaction: it must not use the
// store.
using TermsMaker =
    std::function<Result<ProposedTerms>(const LicenseRecord&, const std::vector<MeterUsage>& used)>;

// What an activation will be if it is new. Stored before anything is signed.
struct ActivationProposal {
  std::string id;
  std::string license;
  Bytes ek_name, content_hash, license_key_name;
  Bytes ak_public = {};  // empty without a TPM
  Bytes serial;
  std::string line;
  Bytes issuer_key_id;  // the current issuing key of the line
  Time not_before, not_after;
  Time oldest_not_before;              // a reservation from before this is too old to be signed as it stands
  std::vector<Bytes> revoked_issuers;  // key ids: what they issued is not good any more
  std::string terms;
  std::string host;
  std::optional<RepairProposal> repair = {};
  std::string renews =
      {};  // id of the activation with the same key that it takes the place of; empty: a request
  std::optional<SightingRecord> sighting;  // without a TPM there is none
  std::vector<std::string> notes;          // what the appraisal found worth keeping: into the audit record
  HistoryCheck check_history;              // empty: any history will do
  TermsMaker make_terms;                   // in place of terms and not_after; empty: those
};

struct Release {
  ActivationRecord activation;     // as it is now
  std::vector<std::string> ended;  // ids of ReleasedWith; empty: it was not in use, and nothing was changed
};

// A return proof that passed its appraisal.
struct NewReturn {
  ReturnRecord record;  // `accepted` is the change's time
  uint32_t gate_index = 0;
  std::optional<SightingRecord> sighting;  // the TPM's clock and gate, as the proof shows them
  std::vector<std::string> notes;          // into the audit record
  bool credit_time = false;                // the license stands still until it is activated again
  std::optional<Time> plan_end;            // of the license, where it has no end of its own
};

struct RecordedReturn {
  ReturnRecord
      record;  // the first that is the same, when it is recorded already; time_left is what is credited now
  std::vector<std::string> ended;  // ids of the activations that ended with it
  bool repeated = false;           // nothing was changed
};

struct NewHeartbeat {
  HeartbeatRecord record;  // `seen` is the change's time
  HeartbeatCheck check;
};

struct RecordedHeartbeat {
  HeartbeatRecord record;  // the first of the same report, when it is recorded already
  bool repeated = false;   // nothing was changed
};

// Two hosts with one TPM state, as a heartbeat shows them.
struct ForkRecord {
  std::string license;
  Bytes ek_name, report_id, other_report_id;
  std::string host, other_host;  // names; may be empty
  bool suspend = false;          // the license
};

class Store {
 public:
  virtual ~Store() = default;

  // The same file again is no change: the version that exists is returned. Another file is a new version.
  virtual Result<ProductRecord> PutProduct(const Change& change, const std::string& id,
                                           const std::string& file) = 0;
  virtual Result<ProductRecord> GetProduct(const std::string& id) = 0;  // newest; store.product
  virtual Result<ProductRecord> GetProduct(const std::string& id, int64_t version) = 0;
  virtual Result<std::vector<ProductRecord>> ListProducts() = 0;  // newest version of each, by id
  // With all its versions, where no license of it was ever sold. Checks: store.product, store.sold (kConflict).
  virtual Status RemoveProduct(const Change& change, const std::string& id) = 0;
  virtual Result<std::vector<CustomerRecord>> ListCustomers() = 0;

  // Sells the newest version of the product. Whether the plan exists is the caller's to know.
  virtual Result<LicenseRecord> AddLicense(const Change& change, const NewLicense& license) = 0;
  virtual Result<LicenseRecord> GetLicense(const std::string& id) = 0;                       // store.license
  virtual Result<LicenseRecord> FindLicenseByProductKey(const std::string& key_id) = 0;      // store.license
  virtual Result<std::vector<LicenseRecord>> ListLicenses(const std::string& customer) = 0;  // "": all
  // active <-> suspended, both -> revoked, which is final (store.status, kConflict). The status it has
  // already is no change.
  virtual Result<LicenseRecord> SetLicenseStatus(const Change& change, const std::string& id,
                                                 LicenseStatus status) = 0;

  // Its own end from now on, or that of its plan where none is given, also if it stood still; a version of its product's file, and a plan of it. Whether the plan exists, and allows the hosts that it is
  // active on, is the caller's to know. What it has already is no change. A revoked license is refused (store.status, kConflict).
  virtual Result<LicenseRecord> SetLicenseEnd(const Change& change, const std::string& id,
                                              const std::optional<Time>& ends) = 0;
  virtual Result<LicenseRecord> SetLicensePlan(const Change& change, const std::string& id,
                                               const std::string& plan, int64_t product_version) = 0;

  // The activation for this request. In one transaction: the license is active (store.status, kDenied); a
  // request that is known gets its activation again, reserved or issued (store.superseded, kConflict, when a
  // newer one replaced it; store.returned, kConflict, when it was returned); the EK's history allows a new one (the errors of check_history); an EK that has
  // one already takes no other; else the EKs in use must be below the limit (store.activations, kDenied).
  // A repair ends the activation that it names, with all that its host has in use, and takes its place; one that is on the host already is none. Checks:
  // store.repair (kConflict: which one it replaces cannot be told), store.repairs (kDenied: none is left of this year's, also where a place is free).
  // One that replaces nothing that is in use takes a place like any other request; so does, where one is free, one that does not know what it replaces.
  // Where they are not, reservations of the license that are too old and were never issued lapse first.
  // A renewal is of an activation that is issued still (store.overtaken, kConflict: it ended, or was renewed, meanwhile).
  // An activation of the same request that is reserved under another issuing key or too old, or issued by
  // a revoked key, is superseded by the proposal. The sighting, if any, is stored with it.
  // What is new has the units of the place that it takes (continuation.h), and of a license that stands still the time that is left: with both the
  // terms are made; its end is the license's own from then on.
  virtual Result<ActivationRecord> ReserveActivation(const Change& change,
                                                     const ActivationProposal& proposal) = 0;
  // The certificate exists. Older activations of the same EK and license become superseded. Recording the
  // same again is no change: the certificate recorded first stays and is returned. store.superseded when a
  // newer one was issued meanwhile; store.lapsed (kConflict) when another EK took the reservation's place or
  // it was released; store.status (kDenied) when the license was suspended or revoked meanwhile.
  virtual Result<ActivationRecord> RecordIssued(const Change& change, const std::string& activation,
                                                const Bytes& certificate) = 0;
  // Gives the place of a host back, and puts its serials on the list: it may be another host's. Checks:
  // store.activation (the license has none of this id), those of ReleasedWith.
  virtual Result<Release> ReleaseActivation(const Change& change, const std::string& license,
                                            const std::string& activation) = 0;
  // Oldest first, both.
  virtual Result<std::vector<ActivationRecord>> ListActivations(const std::string& license) = 0;
  virtual Result<std::vector<SightingRecord>> ListSightings(const std::string& license) = 0;
  virtual Result<std::vector<RepairedActivation>> ListRepairs(const std::string& license) = 0;

  virtual Result<ActivationRecord> FindActivationBySerial(const Bytes& serial) = 0;  // store.activation

  // The nonce that the activation's return must show: the one that is not used yet, or else `nonce`. A
  // nonce that is out stays the same, so that asking twice does not make the first file worthless.
  virtual Result<ReturnNonceRecord> IssueReturnNonce(const Change& change, const std::string& activation,
                                                     const Bytes& nonce) = 0;
  // A proof without a nonce, and one whose nonce was seen already, is recorded once for an activation; again it ends only what came into use with
  // a key that it says is dead. Otherwise, in one transaction: the nonce is the one that is out, and used now (store.return_nonce, kConflict); of the
  // license's activations on the same host, in the place that was returned (continuation.h), those end as returned that have the same license key,
  // and those whose gate was below gate_value when they were requested; a promise tells of no gate. The units of the first record of an activation stay with the place that is free
  // then, if it left one: not when a later activation of the host was returned before. Where time is credited
  // and no activation is in use any more, the license stands still (time_left of the record says it). With `dry_run` nothing is stored.
  virtual Result<RecordedReturn> RecordReturn(const Change& change, const NewReturn& proven,
                                              bool dry_run) = 0;
  // Of all activations of a license, oldest first, both.
  virtual Result<std::vector<ReturnRecord>> ListReturns(const std::string& license) = 0;
  virtual Result<std::vector<ReturnNonceRecord>> ListReturnNonces(const std::string& license) = 0;

  // Of all hosts of a license, in the order in which they were recorded, without the answers.
  virtual Result<std::vector<HeartbeatRecord>> ListHeartbeats(const std::string& license) = 0;
  // With the answer.
  virtual Result<std::optional<HeartbeatRecord>> FindHeartbeat(const std::string& license,
                                                               const Bytes& report_id) = 0;
  // In one transaction: a report that is recorded changes nothing, and its record is given with the answer that it got; else the errors of
  // `check`, and then it is recorded.
  virtual Result<RecordedHeartbeat> RecordHeartbeat(const Change& change, const NewHeartbeat& heartbeat) = 0;
  // That a report came from a second host, and what was done: the audit record, and with `suspend` the license's status. Of a license that is not
  // active any more only the record.
  virtual Result<LicenseRecord> RecordFork(const Change& change, const ForkRecord& fork) = 0;

  // Every serial of a shard that must be on its list now, ascending: superseded, returned (cessationOfOperation)
  // and revoked activations, and all activations of suspended (certificateHold) and revoked (privilegeWithdrawn)
  // licenses.
  virtual Result<std::vector<RevokedEntry>> RevokedEntries(const Bytes& issuer_key_id, int shard) = 0;
  virtual Result<std::optional<CrlRecord>> LatestCrl(const Bytes& issuer_key_id, int shard) = 0;
  // Refuses a number that is not above all before it for the shard: store.crl_number, kConflict.
  virtual Status RecordCrl(const Change& change, const CrlRecord& crl) = 0;
  virtual Result<std::vector<CrlShard>> ListShards() = 0;

  // A change that the store does not hold itself, such as an exported file or a rotated key.
  virtual Status RecordEvent(const Change& change, const std::string& action, const std::string& subject,
                             const std::string& detail_json) = 0;
  virtual Result<std::vector<AuditRecord>> ListAudit(int64_t after_sequence, int limit) = 0;
  // Recomputes the whole chain. store.audit (kRefused) names the first record that does not fit. That the
  // newest records were not cut off, only somebody who noted a head before can tell.
  virtual Result<AuditHead> VerifyAudit() = 0;

  // The newest record of the signer's own audit log that was seen here (docs/decisions/0051); sequence 0: none.
  virtual Result<AuditHead> SignerAuditHead() = 0;
  // Keeps a newer one. One that is not newer, from a caller that was overtaken, is no change.
  virtual Status KeepSignerAuditHead(const AuditHead& head) = 0;
  // Another log is the signer's from now on, whatever was seen before. With an audit record.
  virtual Status AcceptSignerAuditHead(const Change& change, const AuditHead& head) = 0;
};

}  // namespace holdfast
