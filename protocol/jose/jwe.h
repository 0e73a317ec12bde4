// JWE, compact serialization (RFC 7516), for the sealed answer: enc A256GCM. Two ways for the content encryption key:
//   to a TPM    the output of TPM2_MakeCredential under the private alg kTpmJweAlg, so that only one TPM, holding
//               the AK of the request, opens it (decisions/0024)
//   to a host   ECDH-ES, direct agreement (RFC 7518 4.6), with the key-agreement key of the request; no apu, no apv
#pragma once

#include <variant>

#include "protocol/crypto/aead.h"
#include "protocol/crypto/ec_private_key.h"

namespace holdfast {

inline constexpr std::string_view kTpmJweAlg = "TPM2-ActivateCredential", kHostJweAlg = "ECDH-ES";
inline constexpr std::string_view kJweTyp = "holdfast-answer";
inline constexpr size_t kMaxJweSize = 128 * 1024;

// The protected header, which is also the additional authenticated data.
struct AnswerHeader {
  Bytes request_hash;      // "req": SHA-256 of the request's compact JWS, which holds the AK too
  Bytes ek_name;           // "ek":  TPM2B_NAME content (nameAlg || digest)
  Bytes license_key_name;  // "key"
};

struct HostAnswerHeader {
  Bytes request_hash;      // "req": as above
  Bytes license_key_hash;  // "key": SHA-256 of its SubjectPublicKeyInfo
  PublicKey ephemeral;     // "epk": P-256
};

struct Jwe {
  std::variant<AnswerHeader, HostAnswerHeader> header;
  std::string protected_header;  // base64url as received: the AAD
  Bytes encrypted_key;           // TPM2B_ID_OBJECT || TPM2B_ENCRYPTED_SECRET; empty to a host
  Sealed content;
};
const Bytes& RequestHashOf(const Jwe& jwe);

Result<std::string> SealJwe(const AnswerHeader& header, ByteView encrypted_key, const Secret& content_key,
                            ByteView plaintext);
// With an ephemeral key of its own. Check: key.curve (the key-agreement key is not on P-256).
Result<std::string> SealJweToHost(ByteView request_hash, ByteView license_key_hash,
                                  const PublicKey& agreement_key, ByteView plaintext);
// Checks: jwe.size, jwe.syntax, jwe.header.
Result<Jwe> ParseJwe(std::string_view compact);
Result<Secret> OpenJwe(const Jwe& jwe, const Secret& content_key);  // check: jwe.tag
// The content key of an answer to a host.
Result<Secret> AgreeOnContentKey(const HostAnswerHeader& header, const EcPrivateKey& agreement_key);

}  // namespace holdfast
