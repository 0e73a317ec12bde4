// The activation request: one JWS of type kRequest, signed by the license key in the customer's TPM; or, of a host
// without a TPM (class host), by a license key in its state directory. The two are separate types and are never
// mixed: a content with "assurance": "host" has the members of HostRequestContent and comes without evidence.
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
#include <variant>
#include <vector>

#include "protocol/crypto/digest.h"
#include "protocol/fingerprint.h"
#include "protocol/jose/jws.h"
#include "protocol/strict_json.h"

namespace holdfast {

inline constexpr int kRequestSchemaMajor = 1;
inline constexpr size_t kMaxHostFacts = 16;
inline constexpr size_t kMaxEkCertificates = 4, kMaxEkCertificateSize = 4096;
inline constexpr size_t kMaxTpmStructureSize = 1024;  // a public area, an attest, a signature
inline constexpr size_t kMaxRequestKeySize = 128;     // a key of the form without a TPM; P-256 has 91 octets

// The host lost the hardware that its license was bound to, and asks for the license on what it has now.
struct RequestedRepair {
  Bytes serial;  // of the license certificate; empty: it is lost too
};

struct RequestHead {  // what both forms begin with
  std::string schema = "1.0";
  std::string product_key_id;  // 22 base64url characters
  std::string vendor;          // as in the product key
  std::string product;
  Time created;  // the host's clock: a claim
  std::string agent_version;
  // Facts that the site agrees to share, such as hostname, os, machine: name is an identifier, value display
  // text of at most 256 octets.
  std::map<std::string, std::string> host;
  std::optional<RequestedRepair> repair;
};

struct RequestContent : RequestHead {
  // Public areas: TPMT_PUBLIC / TPMS_NV_PUBLIC octets, base64url in JSON.
  Bytes ek_public, srk_public, ak_public, license_key_public;
  Bytes gate_public,
      counter_public;  // TPMS_NV_PUBLIC with WRITTEN: the gate, the counter of the agent's ledger
  // DER as read from NV (trimmed), EK certificate first; at most 4; may be empty.
  std::vector<Bytes> ek_certificates;
};

struct HostRequestContent : RequestHead {
  Bytes license_key, agreement_key;  // SubjectPublicKeyInfo, DER; P-256
  Fingerprint fingerprint;
};

struct SignedAttest {
  Bytes attest, signature;
};  // TPMS_ATTEST, TPMT_SIGNATURE

struct RequestEvidence {
  SignedAttest certify;       // license key by AK
  SignedAttest gate;          // NV_Certify of the gate by AK
  SignedAttest counter;       // NV_Certify of the ledger's counter by AK
  SignedAttest quote;         // SHA-256 PCRs kQuotedPcrs by AK
  std::map<int, Bytes> pcrs;  // the values that the quote covers
  // NV_Certify of the counter of the hard meter (tpm::MeterCounterIndex) by AK; absent: this TPM has no PIN_PASS indexes, or no space.
  std::optional<SignedAttest> meter = {};
};
inline constexpr uint32_t kQuotedPcrMask = 0x0000ff;  // PCR 0 to 7, SHA-256 bank

struct SignedRequest {  // what both forms are
  Jws jws;
  std::string content_text;  // exact octets
  Bytes possession;          // 64 octets
  Sha256Digest content_hash;
  Sha256Digest request_hash;  // SHA-256 of the compact JWS: names this request in the answer and in the store
};

struct ActivationRequest : SignedRequest {
  RequestContent content;
  RequestEvidence evidence;
};

struct HostRequest : SignedRequest {
  HostRequestContent content;
};

using AnyRequest = std::variant<ActivationRequest, HostRequest>;
const SignedRequest& SignedPart(const AnyRequest& request);
const RequestHead& HeadOf(const AnyRequest& request);

std::string FormatRequestContent(const RequestContent& content);
std::string FormatRequestContent(const HostRequestContent& content);
Sha256Digest RequestContentHash(std::string_view content_text);
Bytes RequestPayload(std::string_view content_text, const RequestEvidence& evidence, ByteView possession);
Bytes HostRequestPayload(std::string_view content_text, ByteView possession);

// Parses structure only: neither signature nor evidence is verified, and TPM structures and keys stay octets.
// Checks: those of ParseJws and ParseJson, request.schema (kRefused: another major), request.<member>,
// request.unknown (also a member of the other form), request.evidence.<member>,
// request.evidence.certify.<member> and so on, request.header (a kid, or not ES256).
Result<AnyRequest> ParseAnyRequest(std::string_view compact_jws);
// Only the form with a TPM. Check: request.assurance (kRefused: the other form).
Result<ActivationRequest> ParseRequest(std::string_view compact_jws);

// The file: armor with a preamble that says in plain words what is inside.
std::string ArmorRequest(std::string_view compact_jws, const RequestContent& content);
std::string ArmorRequest(std::string_view compact_jws, const HostRequestContent& content);
// Checks: those of ParseArmor and of the function above; request.kind when it is another of our files, which
// the message names.
Result<AnyRequest> ReadAnyRequestFile(std::string_view file_text);
Result<ActivationRequest> ReadRequestFile(std::string_view file_text);

}  // namespace holdfast
