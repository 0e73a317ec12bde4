// The return statement: a JWS of type kReturn in which a license key says, while it still can, that it is given up. It is
// made and kept before the gate moves; afterwards nobody can make another one for the same license key.
//
// What it proves alone: that it was made by the license key, by someone who had opened the answer (`certificate` can be known
// from nowhere else; decisions/0090). Not that the license key is dead: see return_proof.h.
//
// A part-used license will state here what was used; such a member comes with the meters, in a newer minor.
#pragma once

#include <optional>
#include <string>

#include "protocol/crypto/digest.h"
#include "protocol/jose/jws.h"
#include "protocol/time.h"

namespace holdfast {

inline constexpr int kReturnSchemaMajor = 1;
inline constexpr size_t kMaxSerialSize = 20;  // RFC 5280 4.1.2.2

struct ReturnedGate {
  uint32_t index = 0;
  uint64_t base = 0;  // the license key signs while the gate has this value
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
};

struct SignedReturnStatement {
  ReturnStatement statement;
  Jws jws;
  std::string compact;
};

Bytes FormatReturnStatement(const ReturnStatement& statement);  // the payload
// Parses, verifies no signature. Checks: those of ParseJws and ParseJson, return.header (a kid, or not ES256),
// return.schema (kRefused: another major), return.<member>, return.unknown.
Result<SignedReturnStatement> ParseReturnStatement(std::string_view compact_jws);

}  // namespace holdfast
