// The TPM's structures in a request, decoded.
#include "protocol/byte_cursor.h"
#include "protocol/tpm/structures.h"
#include "protocol/tpm/templates.h"
#include "tools/inspect/parts.h"

namespace holdfast::inspect {
namespace {

Json Damaged(const Error& error) {
  return "cannot be read: " + error.message + " (" + error.check + ")";
}

Json DescribePublic(const Bytes& octets, const char* what) {
  auto area = tpm::ParsePublic(octets);
  if (!area) return Damaged(area.error());
  auto key = tpm::KeyOf(*area);
  return Json{{"what", what},
              {"key", key ? DescribeKey(*key) : "not usable: " + key.error().message},
              {"name", HexEncode(tpm::NameOf(*area))},
              {"attributes", "0x" + HexEncode(Writer().U32(area->attributes).Take())},
              {"policy", area->auth_policy.empty() ? "none" : HexEncode(area->auth_policy)}};
}

Json DescribeCounter(const Bytes& octets, const char* what) {
  auto counter = tpm::ParseNvPublic(octets);
  if (!counter) return Damaged(counter.error());
  return Json{{"what", what},
              {"index", "0x" + HexEncode(Writer().U32(counter->index).Take())},
              {"name", HexEncode(tpm::NameOf(*counter))}};
}

struct Attested {
  Json operator()(const tpm::CertifyInfo& info) const {
    return Json{{"says", "the license key is in the TPM"}, {"name", HexEncode(info.name)}};
  }
  Json operator()(const tpm::QuoteInfo& info) const {
    return Json{{"says", "what the machine booted"}, {"pcr_digest", HexEncode(info.digest)}};
  }
  Json operator()(const tpm::NvCertifyInfo& info) const {
    return Json{{"says", "the value of an NV counter"},
                {"name", HexEncode(info.index_name)},
                {"value", HexEncode(info.contents)}};
  }
};

Json DescribeAttest(const SignedAttest& attest, const ActivationRequest& request, const PublicKey* ak) {
  auto parsed = tpm::ParseAttest(attest.attest);
  if (!parsed) return Damaged(parsed.error());
  Json json = std::visit(Attested(), parsed->attested);
  json["for_this_request"] = Equal(parsed->extra_data, request.content_hash);
  json["clock_ms"] = parsed->clock.clock_ms;
  json["reset_count"] = parsed->clock.reset_count;
  json["restart_count"] = parsed->clock.restart_count;
  auto signature = tpm::ParseSignature(attest.signature);
  if (!signature || ak == nullptr) {
    json["signature"] = "cannot be verified";
  } else {
    const bool valid =
        ak->Verify(SignatureAlgorithm::kEcdsaSha256, attest.attest, signature->raw, EcdsaForm::kRaw)
            .has_value();
    json["signature"] = valid ? "valid, by the attestation key in the request" : "NOT valid";
  }
  return json;
}

}  // namespace

Json DescribeEvidence(const ActivationRequest& request) {
  const RequestContent& content = request.content;
  auto ak_area = tpm::ParsePublic(content.ak_public);
  auto ak_key = ak_area ? tpm::KeyOf(*ak_area) : tl::unexpected(ak_area.error());
  const PublicKey* ak = ak_key ? &*ak_key : nullptr;
  Json certificates = Json::array();
  for (const Bytes& der : content.ek_certificates) {
    certificates.push_back(std::to_string(der.size()) + " octets, SHA-256 " + HexEncode(Sha256(der)));
  }
  Json pcrs = Json::object();
  for (const auto& [index, value] : request.evidence.pcrs) pcrs[std::to_string(index)] = HexEncode(value);
  Json json{{"endorsement_key", DescribePublic(content.ek_public, "names this TPM, for its whole life")},
            {"storage_key", DescribePublic(content.srk_public, "protects the license key")},
            {"attestation_key", DescribePublic(content.ak_public, "signs what the TPM states")},
            {"license_key", DescribePublic(content.license_key_public, "the license will be for this key")},
            {"gate", DescribeCounter(content.gate_public,
                                     "NV counter: while it has its value, the license key signs")},
            {"ledger_counter", DescribeCounter(content.counter_public,
                                               "NV counter: dates the agent's ledger, which the license is "
                                               "pinned to")},
            {"endorsement_certificates", std::move(certificates)},
            {"license_key_statement", DescribeAttest(request.evidence.certify, request, ak)},
            {"gate_statement", DescribeAttest(request.evidence.gate, request, ak)},
            {"ledger_counter_statement", DescribeAttest(request.evidence.counter, request, ak)},
            {"boot_statement", DescribeAttest(request.evidence.quote, request, ak)},
            {"pcrs", std::move(pcrs)}};
  if (request.evidence.meter)
    json["hard_meter_statement"] = DescribeAttest(*request.evidence.meter, request, ak);
  return json;
}

}  // namespace holdfast::inspect
