// The session statement: a JWS of type kSession in which a license key vouches for a key in the memory of the agent, for some hours. It is the
// middle of the chain that an application follows to know that it talks to the agent of its vendor's license, on its own host:
//
//   the application's nonce <- session key <- license key in the TPM <- license certificate <- vendor's root
//
// The session key is made for one statement and leaves the agent's memory never. So the license key's hardware, which may take a second for a
// signature, is asked once in hours, and a challenge costs microseconds (challenge.h).
//
// docs/formats.md, docs/schemas/session-statement.schema.json.
#pragma once

#include "protocol/jose/jws.h"
#include "protocol/time.h"

namespace holdfast::local {

inline constexpr Seconds kMaxSession = std::chrono::hours(12);  // from its beginning to its end
inline constexpr size_t kMaxSessionSize = 4096;                 // octets of the compact JWS

struct SessionStatement {
  std::string schema = "1.0";
  std::string vendor, product, license;  // as in the terms
  Bytes serial;                          // of the license certificate
  Sha256Digest certificate{};            // SHA-256 of it, DER
  Bytes session_key;                     // EcPointOf
  // Of the kernel that the agent runs on (/proc/sys/kernel/random/boot_id): the containers of a host share it, and no two hosts have the same.
  std::string boot_id;
  Time begins, ends;  // by the agent's owned time, both inclusive
};

struct SignedSessionStatement {
  SessionStatement statement;
  Jws jws;  // for VerifyJws with the key of the license certificate
  std::string compact;
};

Bytes FormatSessionStatement(const SessionStatement& statement);  // the payload
// Parses, verifies no signature. Members that a newer minor adds are ignored. Checks: those of ParseJws and ParseJson, session.size, session.header
// (a kid, or not ES256), session.schema (kRefused: another major), session.<member>, session.unknown.
Result<SignedSessionStatement> ParseSessionStatement(std::string_view compact_jws);

// 36 characters, as the kernel writes it: 8-4-4-4-12 hexadecimal digits in lower case.
bool IsBootId(std::string_view text);

// What a statement is compared with by who has verified the license file and the statement's signature.
struct ExpectedSession {
  std::string vendor, product, license;
  Bytes serial;
  Sha256Digest certificate{};
  std::string boot_id;  // of the kernel that the application runs on
  Time now;             // the agent's, which the session key has signed
};
// Checks, all kRefused: session.other_vendor, session.other_product, session.other_license (license id, serial or certificate), session.other_host,
// session.window (not between its beginning and its end).
Status CheckSession(const SessionStatement& statement, const ExpectedSession& expected);

}  // namespace holdfast::local
