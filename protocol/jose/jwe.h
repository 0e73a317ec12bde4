// JWE, compact serialization (RFC 7516), for the sealed answer: enc A256GCM; the content encryption key
// travels as the output of TPM2_MakeCredential under the private alg kJweAlg, so that only one TPM, holding
// the AK of the request, opens it (decisions/0024).
#pragma once

#include "protocol/crypto/aead.h"

namespace holdfast {

inline constexpr std::string_view kJweAlg = "TPM2-ActivateCredential";
inline constexpr std::string_view kJweTyp = "holdfast-answer";
inline constexpr size_t kMaxJweSize = 128 * 1024;

// The protected header, which is also the additional authenticated data.
struct AnswerHeader {
  Bytes request_hash;      // "req": SHA-256 of the request's compact JWS, which holds the AK too
  Bytes ek_name;           // "ek":  TPM2B_NAME content (nameAlg || digest)
  Bytes license_key_name;  // "key"
};

struct Jwe {
  AnswerHeader header;
  std::string protected_header;  // base64url as received: the AAD
  Bytes encrypted_key;           // TPM2B_ID_OBJECT || TPM2B_ENCRYPTED_SECRET
  Sealed content;
};

Result<std::string> SealJwe(const AnswerHeader& header, ByteView encrypted_key, const Secret& content_key,
                            ByteView plaintext);
// Checks: jwe.size, jwe.syntax, jwe.header.
Result<Jwe> ParseJwe(std::string_view compact);
Result<Secret> OpenJwe(const Jwe& jwe, const Secret& content_key);  // check: jwe.tag

}  // namespace holdfast
