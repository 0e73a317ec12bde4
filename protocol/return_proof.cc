#include "protocol/return_proof.h"

#include "protocol/armor.h"
#include "protocol/base64.h"
#include "protocol/file_kind.h"
#include "protocol/json_text.h"
#include "protocol/request_content.h"
#include "protocol/return_members.h"

namespace holdfast {
namespace {

constexpr std::string_view kDomain{"holdfast return v1\0", 19};
constexpr uint8_t kSeparator[] = {0};

Result<SignedAttest> ParseGate(const Json& value) {
  JsonObject o(value, "return.gate");
  SignedAttest gate{ReadStructure(o, "attest"), ReadStructure(o, "signature")};
  HOLDFAST_CHECK(o.Finish());
  return gate;
}

Bytes ReadNonce(JsonObject& o) {
  if (!o.Has("nonce")) return {};
  Bytes nonce = o.Base64Url("nonce", kReturnNonceSize);
  if (nonce.size() != kReturnNonceSize) o.Fault("nonce", "not 32 octets");
  return nonce;
}

std::string WhatItProves(const ReturnProof& proof) {
  if (!proof.gate)
    return "The host has no TPM, so this is a promise: it says that the license was given up and its keys\n"
           "were deleted, and proves neither.\n";
  if (proof.nonce.empty())
    return "It proves that the license can never be used again on that machine, since some moment after it\n"
           "was activated. It was not made for a nonce of the vendor's, so it does not say when.\n";
  return "It proves that the license can never be used again on that machine. It was made for a nonce of "
         "the\n"
         "vendor's, so it is newer than that nonce.\n";
}

std::string Preamble(const ReturnProof& proof) {
  const ReturnStatement& statement = proof.statement.statement;
  return "Holdfast return proof\n"
         "\n"
         "  Product:  " +
         statement.product + ", from " + statement.vendor + "\n  License:  " + statement.license +
         "\n  Made:     " + FormatTime(statement.created) + ", by Holdfast " + statement.agent_version +
         "\n" + (statement.used ? UsedUpLines(statement.used->usage) : "") + "\n" + WhatItProves(proof) +
         "Send this file to the vendor; any way will do. It holds no key and nothing of your data.\n"
         "To see every part of it:  holdfast inspect FILE\n"
         "(These lines are for people. No program reads them.)\n"
         "\n";
}

}  // namespace

Sha256Digest ReturnQualifyingData(std::string_view statement_jws, ByteView nonce) {
  if (nonce.empty()) return Sha256({AsBytes(kDomain), AsBytes(statement_jws)});
  return Sha256({AsBytes(kDomain), AsBytes(statement_jws), kSeparator, nonce});
}

std::string FormatReturnProof(const ReturnProof& proof) {
  Json json = {{"schema", "1.0"}, {"statement", proof.statement.compact}};
  if (!proof.nonce.empty()) json["nonce"] = Base64UrlEncode(proof.nonce);
  if (proof.gate)
    json["gate"] = {{"attest", Base64UrlEncode(proof.gate->attest)},
                    {"signature", Base64UrlEncode(proof.gate->signature)}};
  return FormatJson(json);
}

Result<ReturnProof> ParseReturnProof(std::string_view json) {
  HOLDFAST_TRY(const Json value, ParseJson(json, kMaxFileSize));
  JsonObject o(value, "return");
  std::string schema;
  HOLDFAST_CHECK(ReadHead(o, "return", schema));
  const std::string statement = o.String("statement", kMaxJwsSize);
  ReturnProof proof;
  proof.nonce = ReadNonce(o);
  const Json* gate = o.OptionalObject("gate");
  HOLDFAST_CHECK(o.Finish());
  HOLDFAST_TRY(proof.statement, ParseReturnStatement(statement));
  if (gate) {
    HOLDFAST_TRY(proof.gate, ParseGate(*gate));
  }
  const bool by_tpm = proof.statement.statement.gate.has_value();
  if (by_tpm != proof.gate.has_value())
    return Malformed("return.gate", by_tpm ? "the TPM's word on the gate that the statement names is missing"
                                           : "a gate, with the statement of a host without a TPM");
  if (!by_tpm && !proof.nonce.empty())
    return Malformed("return.nonce", "a nonce, with the statement of a host without a TPM");
  return proof;
}

std::string ArmorReturnProof(const ReturnProof& proof) {
  return Armor(kLabelReturn, AsBytes(FormatReturnProof(proof)), Preamble(proof));
}

Result<ReturnProof> ReadReturnProofFile(std::string_view file_text) {
  HOLDFAST_TRY(const std::string json, ReadSingleBlock(file_text, kLabelReturn, "return"));
  return WithAdvice(ParseReturnProof(json), "get the file again with holdfast return on the host");
}

}  // namespace holdfast
