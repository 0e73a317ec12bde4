// JWS, compact serialization (RFC 7515), with exactly the header members alg, typ and optionally kid; `crit`
// and all others are refused. The algorithm is that of the verifying key; a header that says otherwise is an
// error.
#pragma once

#include <optional>

#include "protocol/crypto/public_key.h"

namespace holdfast {

// The domain of a signature: the `typ` header. A verifier accepts exactly the one it expects.
enum class MessageType {
  kRequest,          // "holdfast-request"      activation request, signed by the license key
  kProductKey,       // "holdfast-product-key"  signed by the vendor's message key
  kApproval,         // "holdfast-approval"     an operator's approval of a ceremony plan
  kReturn,           // "holdfast-return"        return statement, signed by the license key that it gives up
  kReturnNonce,      // "holdfast-return-nonce"  signed by the vendor's message key
  kTimeAnswer,       // "holdfast-time"          signed by the vendor's message key
  kHeartbeat,        // "holdfast-heartbeat"     report, signed by the license key
  kHeartbeatAnswer,  // "holdfast-heartbeat-answer"  signed by the vendor's message key
  kSession,          // "holdfast-session"  session statement of the agent's, signed by the license key
};
std::string_view TypName(MessageType type);

struct Jws {
  MessageType type;
  std::string alg;            // as in the header: "ES256", "ES384", "RS256", "EdDSA"
  std::string kid;            // empty when absent
  Bytes payload;              // decoded; not verified yet
  std::string signing_input;  // header '.' payload as received
  Bytes signature;            // raw form (RFC 7518 3.4)
};

inline constexpr size_t kMaxJwsSize = 64 * 1024;

// Parses, does not verify. Checks: jws.size, jws.syntax, jws.header, jws.typ.
Result<Jws> ParseJws(std::string_view compact, MessageType expected);
// Checks: jws.algorithm, jws.signature.
Status VerifyJws(const Jws& jws, const PublicKey& key);

// Signing is two steps because the key is in a TPM or an HSM: build the input, sign it elsewhere, finish.
std::string JwsSigningInput(MessageType type, SignatureAlgorithm algorithm, std::string_view kid,
                            ByteView payload);
std::string FinishJws(std::string_view signing_input, ByteView raw_signature);

}  // namespace holdfast
