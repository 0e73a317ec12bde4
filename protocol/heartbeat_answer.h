// The answer to a heartbeat: a JWS of type kHeartbeatAnswer by the vendor's message key, followed in the file by the two certificates that lead to
// a root which the host has pinned, and by a license file (certs/license_file.h) for the license key that the host has: the certificate that it
// has already, or one that renews or changes it, and today's revocation lists. Not sealed: who asked has opened a sealed answer for that key
// before, and the license is of no use to anybody else.
#pragma once

#include "protocol/jose/jws.h"
#include "protocol/strict_json.h"

namespace holdfast {

inline constexpr size_t kMaxNotices = 8, kMaxNoticeSize = 512;

struct HeartbeatAnswer {
  std::string schema = "1.0";
  std::string vendor, product, license;
  Sha256Digest report{};             // HeartbeatId of what it answers, whose usage it acknowledges
  int64_t sequence = 0;              // of that
  Time time;                         // when the vendor made it
  Sha256Digest license_file{};       // of the license file that follows: SHA-256 of its PEM, without text
  std::vector<std::string> notices;  // for people, from the vendor
  std::string
      checkpoint;  // where the vendor's signing log stood ("SEQUENCE:HASH"): kept, a witness of it; may be empty
};

struct SignedHeartbeatAnswer {
  HeartbeatAnswer content;
  Jws jws;
  Bytes message_certificate, issuing_certificate;  // DER
  std::string license_file;                        // PEM, no text between the blocks
};

Bytes FormatHeartbeatAnswer(const HeartbeatAnswer& answer);  // the payload
// Checks: those of ParseJson, heartbeat_answer.schema, heartbeat_answer.<member>, heartbeat_answer.unknown.
Result<HeartbeatAnswer> ParseHeartbeatAnswer(ByteView json);

// `license_file`: as WithoutText makes it; its SHA-256 is answer.license_file.
std::string ArmorHeartbeatAnswer(std::string_view compact_jws, const HeartbeatAnswer& answer,
                                 ByteView message_certificate, ByteView issuing_certificate,
                                 std::string_view license_file);
// Verifies neither signature nor certificates, but that the license file is the one that the answer names (heartbeat_answer.license_file).
// Checks: those of ParseArmor, ParseJws and ParseHeartbeatAnswer; heartbeat_answer.kind (another file, or other blocks than it has).
Result<SignedHeartbeatAnswer> ReadHeartbeatAnswerFile(std::string_view file_text);

}  // namespace holdfast
