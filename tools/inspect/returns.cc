#include "protocol/byte_cursor.h"
#include "protocol/return_proof.h"
#include "protocol/tpm/structures.h"
#include "tools/inspect/parts.h"

namespace holdfast::inspect {
namespace {

// What the TPM says of the gate. The key that signed it is not in the file: the vendor has it from the request.
Json DescribeGateWord(const ReturnProof& proof) {
  auto attest = tpm::ParseAttest(proof.gate->attest);
  if (!attest) return "cannot be read: " + attest.error().message + " (" + attest.error().check + ")";
  const auto* nv = std::get_if<tpm::NvCertifyInfo>(&attest->attested);
  if (!nv) return "is a statement of the TPM about something else";
  Reader contents(nv->contents);
  const uint64_t value = contents.U64();
  const Sha256Digest wanted = ReturnQualifyingData(proof.statement.compact, proof.nonce);
  return Json{{"says", "the gate's value"},
              {"value", HexEncode(nv->contents)},
              {"above_its_base", contents.AtEnd() && value > proof.statement.statement.gate->base},
              {"for_this_statement", Equal(attest->extra_data, wanted)},
              {"clock_ms", attest->clock.clock_ms},
              {"reset_count", attest->clock.reset_count},
              {"restart_count", attest->clock.restart_count},
              {"signature", "by the attestation key of the activation, which the vendor knows"}};
}

std::string WhatItProves(const ReturnProof& proof) {
  if (!proof.gate) return "nothing: a host without a TPM promises that it deleted the keys";
  if (proof.nonce.empty()) return "that the license key died at some moment after the activation";
  return "that the license key is dead, as of a moment after the vendor made the nonce";
}

}  // namespace

Json DescribeReturnStatement(const ReturnStatement& statement) {
  Json json{{"kind", "return_statement"},
            {"summary", ""},
            {"product", statement.product},
            {"vendor", statement.vendor},
            {"license", statement.license},
            {"serial", HexEncode(statement.serial)},
            {"certificate_sha256", HexEncode(statement.certificate)},
            {"created", FormatTime(statement.created)},
            {"agent_version", statement.agent_version}};
  if (statement.gate) {
    json["gate_index"] = "0x" + HexEncode(Writer().U32(statement.gate->index).Take());
    json["gate_base"] = statement.gate->base;
  } else {
    json["assurance"] = "host: made without a TPM, nothing in it is attested";
  }
  if (!statement.used) return json;
  const ReportedLedger& ledger = statement.used->ledger;
  json["ledger"] = {{"began_at", ledger.birth},
                    {"stamp", ledger.stamp},
                    {"disturbed_at", ledger.disturbed == 0 ? Json("never") : Json(ledger.disturbed)}};
  json["usage"] = DescribeUsage(statement.used->usage);
  json["usage_is"] = "a claim: signed by the license key, attested by nothing";
  return json;
}

Result<Json> InspectReturn(std::string_view text) {
  HOLDFAST_TRY(const ReturnProof proof, ReadReturnProofFile(text));
  const ReturnStatement& statement = proof.statement.statement;
  Json json = DescribeReturnStatement(statement);
  json["kind"] = "return";
  json["summary"] = "A return proof: a machine gives license " + statement.license + " of " +
                    statement.product + " back to " + statement.vendor;
  json["proves"] = WhatItProves(proof);
  json["statement_signature"] = "by the license key, which is in the license certificate";
  json["nonce"] = proof.nonce.empty() ? "none" : HexEncode(proof.nonce);
  if (proof.gate) json["gate_statement"] = DescribeGateWord(proof);
  return json;
}

}  // namespace holdfast::inspect
