// The challenge: an application has the agent prove, for a nonce of its own, that it holds a session key (session_statement.h), and both agree on a key
// that authenticates every further answer on the connection (answer_mac.h). A conversation that was recorded does not fit the nonce; who stands between
// the two does not know the key.
//
//   transcript = SHA-256("holdfast challenge v1" 0x00, then each with its size in 4 octets before it: nonce, the application's ephemeral point, the agent's
//                ephemeral point, the session JWS, the text of the license file, the agent's time as text)
//   signature  = ECDSA of the transcript by the session key, r || s
//   K          = HKDF-SHA256(ECDH(ephemeral, ephemeral), salt = transcript, info = "holdfast local answers v1", 32 octets)
//
// Both ephemeral keys are made for one challenge: what was answered cannot be forged later by who learns the session key. Pure; the time is handed in.
#pragma once

#include "protocol/crypto/ec_private_key.h"
#include "protocol/local/answer.h"
#include "protocol/strict_json.h"

namespace holdfast::local {

inline constexpr size_t kChallengeNonceSize = 32;

struct Challenge {
  std::string product;  // an identifier
  Bytes nonce;          // fresh and random
  Bytes key;            // EcPointOf the application's ephemeral key
};
// The request's line, without its end. {"op":"challenge","product":...,"nonce":"<64 hexadecimal digits>","key":"<base64url>"}
std::string FormatChallenge(const Challenge& challenge);
// Its members but "op".
Challenge ReadChallenge(JsonObject& object);

struct ChallengeAnswer {
  std::string product;
  std::string
      file;  // license certificate, issuing certificate and revocation lists, PEM (certs/license_file.h)
  std::string session;  // compact JWS
  Bytes key;            // EcPointOf the agent's ephemeral key
  Time time;            // the agent's owned time
  Bytes signature;
};
Json FormatChallengeAnswer(const ChallengeAnswer& answer);
// Structure only; members that are not known are ignored. Checks: those of ParseAnswer, challenge_answer.<member>.
Result<ChallengeAnswer> ParseChallengeAnswer(std::string_view json);

Sha256Digest ChallengeTranscript(const Challenge& challenge, const ChallengeAnswer& answer);

// What the agent answers from. The key must be the one of the session statement.
struct SessionProof {
  std::string file, session;
  EcPrivateKey session_key;
};
struct AnsweredChallenge {
  ChallengeAnswer answer;
  Secret key;  // K
};
// Some 100 microseconds: a key pair, an agreement and a signature. Check: key.point (the application's key).
Result<AnsweredChallenge> AnswerChallenge(const Challenge& challenge, const SessionProof& proof, Time now);

// K, when the session key has signed this answer to this challenge. `own` is the private half of challenge.key, `session_key` of a statement that was
// verified. Checks: challenge.product (kRefused: another product's answer), challenge.signature (kRefused: the agent does not hold the session key, or
// this is the answer to another challenge), key.point.
Result<Secret> VerifyChallengeAnswer(const Challenge& challenge, const EcPrivateKey& own,
                                     const ChallengeAnswer& answer, const PublicKey& session_key);

}  // namespace holdfast::local
