// The return proof: a return statement, and the TPM's word that the gate has left the value at which the license key
// works. The word is an NV_Certify by the activation's AK; its qualifying data covers the statement and, when the vendor
// gave one, a nonce. So one statement, made once, can be proven anew as often as a vendor asks.
//
// JSON: { "schema": "1.0", "statement": "<JWS, compact>", "nonce": "<base64url>", "gate": { "attest", "signature" } }
// `nonce` is there only when the vendor gave one; `gate` if and only if the statement names a gate. Not a JWS: the key that
// would sign it is dead by then, and the AK signs nothing but what its TPM states. docs/formats.md,
// docs/schemas/return.schema.json.
#pragma once

#include "protocol/license_message.h"
#include "protocol/request.h"
#include "protocol/return_statement.h"

namespace holdfast {

inline constexpr size_t kReturnNonceSize = kNonceSize;

struct ReturnProof {
  SignedReturnStatement statement;
  Bytes nonce;                       // 32 octets, or empty
  std::optional<SignedAttest> gate;  // NV_Certify; absent: the statement is a promise
};

// SHA-256("holdfast return v1" 0x00 statement), and with a nonce SHA-256("holdfast return v1" 0x00 statement 0x00
// nonce): a compact JWS has no zero octet.
Sha256Digest ReturnQualifyingData(std::string_view statement_jws, ByteView nonce);

std::string FormatReturnProof(const ReturnProof& proof);  // JSON
// Structure only: no signature is verified and the TPM's structures stay octets. Checks: those of
// ParseReturnStatement and ParseJson, return.schema, return.<member>, return.unknown.
Result<ReturnProof> ParseReturnProof(std::string_view json);

// The file: armor with a preamble that says in plain words what is inside.
std::string ArmorReturnProof(const ReturnProof& proof);
// Checks: those of ParseArmor and of ParseReturnProof; return.kind when it is another of our files.
Result<ReturnProof> ReadReturnProofFile(std::string_view file_text);

}  // namespace holdfast
