#include "signer/server/verifier/return_appraisal.h"

#include "certs/certificate.h"
#include "protocol/byte_cursor.h"
#include "protocol/tpm/templates.h"

namespace holdfast {
namespace {

constexpr std::string_view kAskAgain = "get the proof again with holdfast return on the host";
constexpr std::string_view kActivateAnew =
    "activate the host once more, which uses no further activation, and have that license returned";

struct ReturnCase {
  const ReturnProof& proof;
  const ReturnExpectation& expected;
  std::string_view check;  // the name of the check that runs

  // Set by return.attestation_key, and by the parser.
  std::optional<tpm::Public> ak_area;
  std::optional<PublicKey> ak;
  tpm::Attest attest;
  tpm::Signature signature;
  uint64_t gate_value = 0;

  const ReturnStatement& statement() const { return proof.statement.statement; }
  const tpm::NvCertifyInfo& nv() const { return std::get<tpm::NvCertifyInfo>(attest.attested); }
  tl::unexpected<Error> Refuse(std::string message, std::string_view advice = kAskAgain) const {
    return Refused(check, std::move(message), std::string(advice));
  }
};

Status Vendor(ReturnCase& c) {
  if (c.statement().vendor == c.expected.vendor) return {};
  return c.Refuse("the proof is for another vendor", "send it to that vendor");
}

Status License(ReturnCase& c) {
  if (c.statement().license == c.expected.license && c.statement().product == c.expected.product) return {};
  return c.Refuse("the statement names another license than the one that has this serial number");
}

// Whoever knows the certificate has opened the answer, so AK and license key are the TPM's (decisions/0024, 0090). Nobody
// else can: of the certificate, a revocation list tells the serial number only.
Status CertificateOpened(ReturnCase& c) {
  if (c.statement().certificate == Sha256(c.expected.certificate)) return {};
  return c.Refuse("the statement does not know the license certificate: the answer was never opened there");
}

Status StatementSignature(ReturnCase& c) {
  const auto certificate = Certificate::Parse(c.expected.certificate, CertificateProfile::kLicense);
  if (!certificate)
    return c.Refuse("the stored certificate cannot be read", "restore the store from a backup");
  if (VerifyJws(c.proof.statement.jws, certificate->public_key())) return {};
  return c.Refuse("the statement is not signed by the license key of the license that it names");
}

// A TPM's license is not given back on a promise, whatever the host says that it is.
Status Class(ReturnCase& c) {
  const bool by_tpm = c.expected.assurance != AssuranceClass::kHost;
  if (c.statement().gate.has_value() == by_tpm) return {};
  return c.Refuse(by_tpm ? "the license was activated with a TPM, and the proof is a promise without one"
                         : "the license was activated without a TPM, and the proof names a gate");
}

Status AttestationKey(ReturnCase& c) {
  if (c.expected.ak_public.empty())
    return c.Refuse("the attestation key of this activation was not kept: it is from an older version",
                    kActivateAnew);
  HOLDFAST_TRY(c.ak_area, tpm::ParsePublic(c.expected.ak_public));
  HOLDFAST_TRY(c.ak, tpm::KeyOf(*c.ak_area));
  return {};
}

Status AttestSignature(ReturnCase& c) {
  if (c.signature.hash == tpm::Alg::kSha256 &&
      c.ak->Verify(SignatureAlgorithm::kEcdsaSha256, c.attest.encoded, c.signature.raw, EcdsaForm::kRaw))
    return {};
  return c.Refuse("the gate's value is not signed by the attestation key of the activation");
}

Status AttestType(ReturnCase& c) {
  if (std::holds_alternative<tpm::NvCertifyInfo>(c.attest.attested)) return {};
  return c.Refuse("the TPM attests something else than the value of a gate");
}

Status QualifiedSigner(ReturnCase& c) {
  const tpm::Name ek = tpm::QualifiedName(tpm::kEndorsement, c.expected.ek_name);
  if (c.attest.qualified_signer == tpm::QualifiedName(ek, tpm::NameOf(*c.ak_area))) return {};
  return c.Refuse("the gate's value was not attested under the endorsement key of the activation");
}

Status QualifyingData(ReturnCase& c) {
  if (Equal(c.attest.extra_data, ReturnQualifyingData(c.proof.statement.compact, c.proof.nonce))) return {};
  return c.Refuse("the TPM attested for another statement or nonce");
}

Status GateOfStatement(ReturnCase& c) {
  const ReturnedGate& gate = *c.statement().gate;
  if (gate.index == c.expected.gate_index && gate.base == c.expected.gate_base) return {};
  return c.Refuse("the statement names another gate, or another base, than the activation had");
}

// Attributes and WRITTEN are in the Name: another kind of index could return to a value that it has left.
Status GateName(ReturnCase& c) {
  if (c.nv().index_name == tpm::NameOf(tpm::GatePublic(c.expected.gate_index))) return {};
  return c.Refuse("the attested NV index is not the gate");
}

Status GateContents(ReturnCase& c) {
  Reader in(c.nv().contents);
  c.gate_value = in.U64();
  if (c.nv().offset == 0 && in.AtEnd()) return {};
  return c.Refuse("the TPM does not show the whole value of the gate");
}

Status GateValue(ReturnCase& c) {
  if (c.gate_value > c.expected.gate_base) return {};
  return c.Refuse("the gate has not moved: the license key still works");
}

Status Nonce(ReturnCase& c) {
  if (c.proof.nonce == c.expected.nonce) return {};
  if (c.proof.nonce.empty())
    return c.Refuse("a nonce was given out for this return, and the proof was made without it",
                    "have it made with holdfast return --nonce FILE");
  return c.Refuse("the proof was made for another nonce than the one that is out, or for one that was used",
                  "give out a new one with holdfast-vendor return-nonce");
}

struct NamedCheck {
  std::string_view name;
  Status (*run)(ReturnCase&);
};

constexpr NamedCheck kStatementChecks[] = {
    {"return.vendor", Vendor},
    {"return.license", License},
    {"return.certificate", CertificateOpened},
    {"return.signature", StatementSignature},
    {"return.class", Class},
};
constexpr NamedCheck kAttestChecks[] = {
    {"return.attestation_key", AttestationKey},
    {"return.attest_signature", AttestSignature},
    {"return.attest_type", AttestType},
    {"return.qualified_signer", QualifiedSigner},
    {"return.qualifying_data", QualifyingData},
    {"return.gate_base", GateOfStatement},
    {"return.gate_name", GateName},
    {"return.gate_contents", GateContents},
    {"return.gate_value", GateValue},
    {"return.nonce_match", Nonce},
};

template <size_t N>
Status RunAll(ReturnCase& c, const NamedCheck (&checks)[N]) {
  for (const NamedCheck& each : checks) {
    c.check = each.name;
    HOLDFAST_CHECK(each.run(c));
  }
  return {};
}

}  // namespace

Result<ReturnAppraisal> AppraiseReturn(const ReturnProof& proof, const ReturnExpectation& expected) {
  ReturnCase c{proof, expected, {}, {}, {}, {}, {}};
  if (proof.gate) {
    HOLDFAST_TRY(c.attest, WithAdvice(tpm::ParseAttest(proof.gate->attest), kAskAgain));
    HOLDFAST_TRY(c.signature, WithAdvice(tpm::ParseSignature(proof.gate->signature), kAskAgain));
  }
  HOLDFAST_CHECK(RunAll(c, kStatementChecks));
  if (!proof.gate) return ReturnAppraisal{};
  HOLDFAST_CHECK(RunAll(c, kAttestChecks));
  return ReturnAppraisal{c.gate_value, c.attest.clock};
}

std::vector<std::string_view> ReturnCheckNames() {
  std::vector<std::string_view> names;
  for (const NamedCheck& each : kStatementChecks) names.push_back(each.name);
  for (const NamedCheck& each : kAttestChecks) names.push_back(each.name);
  return names;
}

}  // namespace holdfast
