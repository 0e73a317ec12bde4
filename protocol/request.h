// The activation request: one JWS of type kRequest, signed by the license key in the customer's TPM.
//
// Payload (JSON): { "content": "<JSON text>", "evidence": {...}, "possession": "<base64url>" }
// `content` is a string whose UTF-8 octets are hashed as they stand: content_hash = SHA-256("holdfast request
// v1" 0x00 content). That hash is the 32-octet qualifying data of every attest and what the product key's
// seed signs. docs/formats.md has every member; docs/schemas/request.schema.json and
// request-content.schema.json are normative for JSON.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/crypto/digest.h"
#include "protocol/jose/jws.h"
#include "protocol/strict_json.h"

namespace holdfast {

inline constexpr int kRequestSchemaMajor = 1;
inline constexpr size_t kMaxHostFacts = 16;
inline constexpr size_t kMaxEkCertificates = 4, kMaxEkCertificateSize = 4096;
inline constexpr size_t kMaxTpmStructureSize = 1024;  // a public area, an attest, a signature

struct RequestContent {
  std::string schema = "1.0";
  std::string product_key_id;  // 22 base64url characters
  std::string vendor;          // as in the product key
  std::string product;
  Time created;  // the host's clock: a claim
  std::string agent_version;
  // Facts that the site agrees to share, such as hostname, os, machine: name is an identifier, value display
  // text of at most 256 octets.
  std::map<std::string, std::string> host;
  // Public areas: TPMT_PUBLIC / TPMS_NV_PUBLIC octets, base64url in JSON.
  Bytes ek_public, srk_public, ak_public, license_key_public;
  Bytes gate_public;  // TPMS_NV_PUBLIC with WRITTEN
  // DER as read from NV (trimmed), EK certificate first; at most 4; may be empty.
  std::vector<Bytes> ek_certificates;
};

struct SignedAttest {
  Bytes attest, signature;
};  // TPMS_ATTEST, TPMT_SIGNATURE

struct RequestEvidence {
  SignedAttest certify;       // license key by AK
  SignedAttest gate;          // NV_Certify of the gate by AK
  SignedAttest quote;         // SHA-256 PCRs kQuotedPcrs by AK
  std::map<int, Bytes> pcrs;  // the values that the quote covers
};
inline constexpr uint32_t kQuotedPcrMask = 0x0000ff;  // PCR 0 to 7, SHA-256 bank

struct ActivationRequest {
  Jws jws;
  RequestContent content;
  std::string content_text;  // exact octets
  RequestEvidence evidence;
  Bytes possession;  // 64 octets
  Sha256Digest content_hash;
  Sha256Digest request_hash;  // SHA-256 of the compact JWS: names this request in the answer and in the store
};

std::string FormatRequestContent(const RequestContent& content);
Sha256Digest RequestContentHash(std::string_view content_text);
Bytes RequestPayload(std::string_view content_text, const RequestEvidence& evidence, ByteView possession);

// Parses structure only: neither signature nor evidence is verified, and TPM structures stay octets. Checks:
// those of ParseJws and ParseJson, request.schema (kRefused: another major), request.<member>,
// request.evidence.<member>, request.evidence.certify.<member> and so on, request.header (a kid, or not
// ES256).
Result<ActivationRequest> ParseRequest(std::string_view compact_jws);

// The file: armor with a preamble that says in plain words what is inside.
std::string ArmorRequest(std::string_view compact_jws, const RequestContent& content);
// Checks: those of ParseArmor and ParseRequest; request.kind when it is another of our files, which the
// message names.
Result<ActivationRequest> ReadRequestFile(std::string_view file_text);

}  // namespace holdfast
