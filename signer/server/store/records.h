// What the store keeps, as values. Times have a resolution of one second. No record holds a secret.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "certs/crl.h"
#include "protocol/bytes.h"
#include "protocol/terms.h"
#include "protocol/time.h"

namespace holdfast {

// Who made a change and when: goes into the audit record that every change is stored with.
struct Change {
  Time at;
  std::string actor;  // such as "cli:alice"
};

// One version of a product file. Licenses keep the version that they were sold with (docs/decisions/0083).
struct ProductRecord {
  std::string id;
  int64_t version = 0;  // 1 and up
  std::string file;     // JSON, as protocol/terms.h reads it
  Time created;
};

struct CustomerRecord {
  std::string id;  // 32 hex digits
  std::string name;
  Time created;
};

enum class LicenseStatus { kActive, kSuspended, kRevoked };
std::string_view LicenseStatusName(LicenseStatus status);  // "active", "suspended", "revoked"
Result<LicenseStatus> ParseLicenseStatus(std::string_view name);

struct LicenseRecord {
  std::string id;  // 32 hex digits: the certificate's subject
  std::string product;
  int64_t product_version = 0;
  std::string plan;
  std::string customer;  // name
  int64_t activation_limit = 1;
  LicenseStatus status = LicenseStatus::kActive;
  Time status_since;
  std::string product_key_id;
  Bytes possession_key;      // Ed25519, public: who proves it holds the product key
  Time created;              // of the sale: validity counts from here
  std::optional<Time> ends;  // its own end, in place of the plan's duration
  // It stands still: its last activation was returned, its plan credits time, and the next one goes on with so much.
  std::optional<Seconds> time_left;
  int64_t activations = 0;  // EKs that count against the limit now
};

// May the license become that? store.status (kConflict) when it is revoked, which is final.
Status CheckStatusChange(const LicenseRecord& license, LicenseStatus to);

// reserved -> issued -> superseded; reserved -> superseded; reserved -> revoked: it lapsed, and another EK took
// its place; reserved, issued -> revoked: the vendor released it; reserved, issued -> returned: the host gave it up (ReturnRecord).
// A reserved activation counts, so that a crash between reserving and issuing neither loses nor doubles one.
enum class ActivationState { kReserved, kIssued, kSuperseded, kRevoked, kReturned };
std::string_view ActivationStateName(ActivationState state);
Result<ActivationState> ParseActivationState(std::string_view name);

struct ActivationRecord {
  std::string id;  // 32 hex digits
  std::string license;
  Bytes ek_name;  // what counts as one host; without a TPM a hash that stands for it (licensing/applicant.h)
  Bytes content_hash;  // of the request: what makes a second sending the same (docs/decisions/0081)
  Bytes license_key_name;
  Bytes
      ak_public;  // TPMT_PUBLIC: what later attestations are verified with. Empty: no TPM, or from before it was kept
  Bytes serial;  // 16 octets
  std::string line;
  Bytes issuer_key_id;
  int shard = 0;
  ActivationState state = ActivationState::kReserved;
  Time state_since;
  Time not_before, not_after;
  std::string terms;  // JSON, the octets that go into the certificate
  Bytes certificate;  // DER; empty while reserved
  std::string host;   // the name that the site agreed to share; may be empty
  std::string
      takes_over;  // id of the activation that was returned and whose units it goes on with; may be empty
  Time created;
};

// Does it count against the limit?
bool IsInUse(const ActivationRecord& activation);

// The ids of what ends when `named` is released: it and whatever else its host has in use, since a host counts
// once. None: it is not in use. `all`: the activations of its license. Check: store.status (kConflict) when the
// license is revoked, whose certificates are all on the list and stay there.
Result<std::vector<std::string>> ReleasedWith(const ActivationRecord& named, const LicenseRecord& license,
                                              const std::vector<ActivationRecord>& all);

// What one attestation said of one TPM: the ledger that shows clones and cleared TPMs (verifier/ledger.h).
struct SightingRecord {
  Bytes ek_name;
  std::string license;
  Bytes content_hash;
  uint32_t gate_index = 0;
  uint64_t gate_base = 0;
  uint64_t clock_ms = 0;
  uint32_t reset_count = 0, restart_count = 0;
  Time seen;
};

// An activation that a repair put another one in the place of.
struct RepairedActivation {
  std::string license, replaced, replacement;  // ids
  Time at;
};

// How the units that a returned activation had used up were counted.
enum class UnitCount {
  // Its license has no meter; it left no place, or left it with an earlier proof; it was recorded before units were counted.
  kNone,
  kStated,   // what was used; the rest is credited
  kUsedUp,   // all: the license does not credit units
  kUnknown,  // all: the proof does not state what was used
};
std::string_view UnitCountName(UnitCount count);  // "none", "stated", "used_up", "unknown"
Result<UnitCount> ParseUnitCount(std::string_view name);

// A return proof that was accepted: of the activation whose certificate it names.
struct ReturnRecord {
  std::string activation;
  std::string proof;        // JSON (protocol/return_proof.h)
  Bytes proof_hash;         // SHA-256 of it
  Bytes nonce;              // the vendor's, that it is newer than; empty: none
  uint64_t gate_value = 0;  // as the TPM attested it; 0: a promise of a host without a TPM
  Time accepted;
  UnitCount units = UnitCount::kNone;
  std::vector<MeterUsage> used;      // what the next activation goes on with, one period of each meter
  std::optional<Seconds> time_left;  // that was credited
};

// What a host was asked to prove a return with. An activation has at most one that is not used yet.
struct ReturnNonceRecord {
  std::string activation;
  Bytes nonce;  // 32 octets
  Time issued;
  bool used = false;
};

// A heartbeat that was answered: kept, so that the same report gets the same answer, and the next one is judged beside it.
struct HeartbeatRecord {
  std::string license;
  Bytes ek_name;           // of the host
  std::string activation;  // whose certificate is in the answer
  Bytes report_id;         // HeartbeatId
  std::string report;      // JWS, compact
  int64_t report_sequence = 0;
  uint64_t counter = 0;  // as the TPM attested it; 0: class host
  int64_t birth = 0;     // of the ledger
  Bytes answer_id;       // HeartbeatId
  std::string answer;    // the file; empty where it was not asked for
  std::string host;      // the name that the site agreed to share; may be empty
  std::vector<std::string> notes;
  Time seen;
};

struct CrlRecord {
  Bytes issuer_key_id;
  std::string line;
  int shard = 0;
  int64_t number = 0;
  Time this_update, next_update;
  Bytes der;
};

// A shard that has certificates, whether or not a list was issued for it.
struct CrlShard {
  std::string line;
  Bytes issuer_key_id;
  int shard = 0;
};

struct AuditRecord {
  int64_t sequence = 0;  // 1 and up, no gaps
  Time at;
  std::string actor;
  std::string action;   // such as "license.suspend"
  std::string subject;  // the id of what was changed
  std::string detail;   // JSON object
  Bytes previous;       // hash of the record before; 32 zeros for the first
  Bytes hash;           // see audit_chain.h
};

// Where an audit log ends.
struct AuditHead {
  int64_t sequence = 0;
  Bytes hash;
  bool operator==(const AuditHead&) const = default;
};
std::string FormatAuditHead(const AuditHead& head);  // "SEQUENCE:HASH", hexadecimal

}  // namespace holdfast
