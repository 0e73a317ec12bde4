// The return statement: a JWS of type kReturn in which a license key says, while it still can, that it is given up. It is
// made and kept before the gate moves; afterwards nobody can make another one for the same license key.
//
// What it proves alone: that it was made by the license key, by someone who had opened the answer (`certificate` can be known
// from nowhere else; decisions/0090). Not that the license key is dead: see return_proof.h.
//
// A part-used license states what was used up of its meters. Nothing vouches for that but the license key, which root can have sign
// anything: it is a claim, as in a heartbeat. Files from before there was such a member state nothing.
#pragma once

#include <optional>
#include <string>

#include "protocol/crypto/digest.h"
#include "protocol/jose/jws.h"
#include "protocol/meter_usage.h"
#include "protocol/time.h"

namespace holdfast {

inline constexpr int kReturnSchemaMajor = 1;
inline constexpr size_t kMaxSerialSize = 20;  // RFC 5280 4.1.2.2

struct ReturnedGate {
  uint32_t index = 0;
  uint64_t base = 0;  // the license key signs while the gate has this value
};

// By the host's ledger as it was when the statement was made; a batch of units that was taken counts as used.
struct StatedUsage {
  ReportedLedger ledger;
  std::vector<MeterUsage>
      usage;  // at most kMaxReportedUsage, what was not acknowledged of periods that are over among it
};

struct ReturnStatement {
  std::string schema = "1.0";
  std::string vendor, product;  // as in the terms
  std::string license;          // id
  Bytes serial;                 // of the license certificate
  Sha256Digest certificate{};   // SHA-256 of the license certificate, DER
  Time created;                 // by the host's clock: a claim
  std::string agent_version;
  // Absent: a host without a TPM ("assurance": "host"), which promises and can prove nothing.
  std::optional<ReturnedGate> gate;
  std::optional<StatedUsage> used;  // members ledger and usage; absent: nothing is stated
};

struct SignedReturnStatement {
  ReturnStatement statement;
  Jws jws;
  std::string compact;
};

Bytes FormatReturnStatement(const ReturnStatement& statement);  // the payload
// Parses, verifies no signature. Checks: those of ParseJws and ParseJson, return.header (a kid, or not ES256),
// return.schema (kRefused: another major), return.<member>, return.ledger.<member>, return.usage.<member>, return.unknown.
Result<SignedReturnStatement> ParseReturnStatement(std::string_view compact_jws);

}  // namespace holdfast
