// The heartbeat's report: what a licensed host tells its vendor, and asks him for what is new. A JWS of type kHeartbeat by the license
// key, and the TPM's word on the counter of the host's ledger, whose qualifying data covers the JWS.
//
// Reports of one license on one host form a chain. Each names the last answer that was applied, and the reports that were made
// since; so a report that continues another names it, itself or by its answer. Two that do not name each other were made by two copies
// of one state: the mark of a clone. (docs/heartbeat.md)
//
// Usage is what was used up in each period that the vendor has not acknowledged yet: a report that never arrived is made good by the next.
//
// JSON of the file: { "schema": "1.0", "report": "<JWS, compact>", "counter": { "attest", "signature" }, "meter": the same }; docs/formats.md,
// docs/schemas/heartbeat.schema.json, heartbeat-report.schema.json.
#pragma once

#include "protocol/meter_usage.h"
#include "protocol/request.h"

namespace holdfast {

inline constexpr size_t kMaxUnanswered = 16;
inline constexpr size_t kReportNonceSize = 16;

using ReportedUsage = MeterUsage;

struct HeartbeatReport {
  std::string schema = "1.0";
  std::string vendor, product, license;  // as in the terms
  Bytes serial;                          // of the license certificate
  Sha256Digest certificate{};            // SHA-256 of it, DER: who has not opened the answer does not know it
  Bytes nonce;                           // 16 octets: no two reports are alike
  int64_t sequence = 0;                  // 1 and up
  std::optional<Sha256Digest> answer;    // the last that was applied: HeartbeatId of it
  // Made after the report that `answer` is to: HeartbeatIds, oldest first, the last kMaxUnanswered.
  std::vector<Sha256Digest> unanswered;
  Time created;  // by the host's owned time: a claim
  Time clock;    // its wall clock: a claim
  std::string agent_version;
  std::map<std::string, std::string> host;  // facts that the site agrees to share
  ReportedLedger ledger;
  bool by_tpm = true;  // else "assurance": "host", and nothing vouches for the ledger
  std::vector<ReportedUsage> usage;
  int64_t vouchers_used = 0;  // of the license, in all
};

struct SignedHeartbeatReport {
  HeartbeatReport report;
  Jws jws;
  std::string compact;
  Sha256Digest id{};  // HeartbeatId
};

struct Heartbeat {
  SignedHeartbeatReport report;
  std::optional<SignedAttest> counter;  // NV_Certify of the ledger's counter by the AK; if and only if by_tpm
  // NV_Certify of the counter beside the license's hard meter by the AK, where it has one that is not lost; only if by_tpm.
  std::optional<SignedAttest> meter = {};
};

// What names a report, or an answer: SHA-256 of the JWS signing input. The signature is left out, since others can be made of one that is good.
Sha256Digest HeartbeatId(const Jws& jws);
// SHA-256("holdfast heartbeat v1" 0x00 id).
Sha256Digest HeartbeatQualifyingData(const Sha256Digest& id);

Bytes FormatHeartbeatReport(const HeartbeatReport& report);  // the payload
// Parses, verifies no signature. Checks: those of ParseJws and ParseJson, heartbeat.header (a kid, or not ES256),
// heartbeat.schema (kRefused: another major), heartbeat.<member>, heartbeat.unknown.
Result<SignedHeartbeatReport> ParseHeartbeatReport(std::string_view compact_jws);

std::string FormatHeartbeat(const Heartbeat& heartbeat);  // JSON
// Structure only. Checks: those of ParseHeartbeatReport and ParseJson, heartbeat.<member>.
Result<Heartbeat> ParseHeartbeat(std::string_view json);

// The file: armor with a preamble that says in plain words what is inside.
std::string ArmorHeartbeat(const Heartbeat& heartbeat);
// Checks: those of ParseArmor and of ParseHeartbeat; heartbeat.kind when it is another of our files.
Result<Heartbeat> ReadHeartbeatFile(std::string_view file_text);

}  // namespace holdfast
