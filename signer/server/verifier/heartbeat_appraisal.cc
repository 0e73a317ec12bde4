#include "signer/server/verifier/heartbeat_appraisal.h"

#include "certs/certificate.h"
#include "protocol/byte_cursor.h"
#include "protocol/tpm/templates.h"

namespace holdfast {
namespace {

constexpr std::string_view kReportAgain = "make a new report with holdfast heartbeat on the host";
constexpr std::string_view kActivateAnew =
    "activate the host once more, which uses no further activation, and have it report then";

struct HeartbeatCase {
  const Heartbeat& heartbeat;
  const HeartbeatExpectation& expected;
  std::string_view check;  // the name of the check that runs

  // Set by heartbeat.attestation_key, and by the parser.
  std::optional<tpm::Public> ak_area;
  std::optional<PublicKey> ak;
  tpm::Attest attest;
  tpm::Signature signature;
  uint64_t counter = 0;
  std::optional<tpm::Attest> meter_attest;  // of the counter beside a hard meter
  tpm::Signature meter_signature;
  uint64_t meter_counter = 0;

  const HeartbeatReport& report() const { return heartbeat.report.report; }
  const tpm::NvCertifyInfo& nv() const { return std::get<tpm::NvCertifyInfo>(attest.attested); }
  tl::unexpected<Error> Refuse(std::string message, std::string_view advice = kReportAgain) const {
    return Refused(check, std::move(message), std::string(advice));
  }
};

Status Vendor(HeartbeatCase& c) {
  if (c.report().vendor == c.expected.vendor) return {};
  return c.Refuse("the report is for another vendor", "send it to that vendor");
}

Status Product(HeartbeatCase& c) {
  if (c.report().product == c.expected.product) return {};
  return c.Refuse("the report is about another product than the license that has this serial number");
}

Status License(HeartbeatCase& c) {
  if (c.report().license == c.expected.license) return {};
  return c.Refuse("the report names another license than the one that has this serial number");
}

// Whoever knows the certificate has opened the answer, so AK and license key are the TPM's (decisions/0024, 0090).
Status CertificateOpened(HeartbeatCase& c) {
  if (c.report().certificate == Sha256(c.expected.certificate)) return {};
  return c.Refuse("the report does not know the license certificate: the answer was never opened there");
}

// A host with a TPM has its ledger vouched for, whatever it says that it is.
Status Class(HeartbeatCase& c) {
  const bool by_tpm = c.expected.assurance != AssuranceClass::kHost;
  if (c.report().by_tpm == by_tpm && c.heartbeat.counter.has_value() == by_tpm) return {};
  return c.Refuse(by_tpm ? "the license was activated with a TPM, and the report is made without one"
                         : "the license was activated without a TPM, and the report names one");
}

Status ReportSignature(HeartbeatCase& c) {
  const auto certificate = Certificate::Parse(c.expected.certificate, CertificateProfile::kLicense);
  if (!certificate)
    return c.Refuse("the stored certificate cannot be read", "restore the store from a backup");
  if (VerifyJws(c.heartbeat.report.jws, certificate->public_key())) return {};
  return c.Refuse("the report is not signed by the license key of the license that it names");
}

Status AttestationKey(HeartbeatCase& c) {
  if (c.expected.ak_public.empty())
    return c.Refuse("the attestation key of this activation was not kept: it is from an older version",
                    kActivateAnew);
  HOLDFAST_TRY(c.ak_area, tpm::ParsePublic(c.expected.ak_public));
  HOLDFAST_TRY(c.ak, tpm::KeyOf(*c.ak_area));
  return {};
}

Status AttestSignature(HeartbeatCase& c) {
  if (c.signature.hash == tpm::Alg::kSha256 &&
      c.ak->Verify(SignatureAlgorithm::kEcdsaSha256, c.attest.encoded, c.signature.raw, EcdsaForm::kRaw))
    return {};
  return c.Refuse("the counter's value is not signed by the attestation key of the activation");
}

Status AttestType(HeartbeatCase& c) {
  if (std::holds_alternative<tpm::NvCertifyInfo>(c.attest.attested)) return {};
  return c.Refuse("the TPM attests something else than the value of a counter");
}

Status QualifiedSigner(HeartbeatCase& c) {
  const tpm::Name ek = tpm::QualifiedName(tpm::kEndorsement, c.expected.ek_name);
  if (c.attest.qualified_signer == tpm::QualifiedName(ek, tpm::NameOf(*c.ak_area))) return {};
  return c.Refuse("the counter's value was not attested under the endorsement key of the activation");
}

Status QualifyingData(HeartbeatCase& c) {
  if (Equal(c.attest.extra_data, HeartbeatQualifyingData(c.heartbeat.report.id))) return {};
  return c.Refuse("the TPM attested for another report");
}

Status Pin(HeartbeatCase& c) {
  if (c.expected.ledger) return {};
  return c.Refuse("the license is pinned to no ledger: it is from an older version", kActivateAnew);
}

// Attributes and WRITTEN are in the Name: another kind of index could return to a value that it has left.
Status CounterName(HeartbeatCase& c) {
  if (c.nv().index_name == tpm::NameOf(tpm::GatePublic(c.expected.ledger->index))) return {};
  return c.Refuse("the attested NV index is not the counter of the ledger that the license is pinned to");
}

Status CounterContents(HeartbeatCase& c) {
  Reader in(c.nv().contents);
  c.counter = in.U64();
  if (c.nv().offset == 0 && in.AtEnd()) return {};
  return c.Refuse("the TPM does not show the whole value of the counter");
}

// An older ledger that was put back has another stamp than the counter.
Status Stamp(HeartbeatCase& c) {
  if (c.counter == static_cast<uint64_t>(c.report().ledger.stamp)) return {};
  return c.Refuse("the ledger that the report was made from is not the one that the TPM's counter dates");
}

// A ledger cannot have begun at a value that its counter has not reached.
Status Birth(HeartbeatCase& c) {
  if (c.report().ledger.birth <= c.report().ledger.stamp) return {};
  return c.Refuse("the ledger began at a higher value than its counter has");
}

// What the ledger's counter is checked for above.
Status MeterAttest(HeartbeatCase& c) {
  if (!c.meter_attest) return {};
  const tpm::Attest& attest = *c.meter_attest;
  if (!c.expected.meter) return c.Refuse("the TPM attests a hard meter, and the license has none");
  if (c.meter_signature.hash != tpm::Alg::kSha256 ||
      !c.ak->Verify(SignatureAlgorithm::kEcdsaSha256, attest.encoded, c.meter_signature.raw, EcdsaForm::kRaw))
    return c.Refuse("the meter's value is not signed by the attestation key of the activation");
  if (!std::holds_alternative<tpm::NvCertifyInfo>(attest.attested))
    return c.Refuse("the TPM attests something else than the value of the meter's counter");
  if (attest.qualified_signer != c.attest.qualified_signer)
    return c.Refuse("the meter's value was not attested under the endorsement key of the activation");
  if (!Equal(attest.extra_data, c.attest.extra_data))
    return c.Refuse("the TPM attested the meter for another report");
  return {};
}

Status MeterName(HeartbeatCase& c) {
  if (!c.meter_attest) return {};
  const auto& nv = std::get<tpm::NvCertifyInfo>(c.meter_attest->attested);
  if (nv.index_name == tpm::NameOf(tpm::GatePublic(c.expected.meter->pin.index))) return {};
  return c.Refuse("the attested NV index is not the counter of the meter that the license is pinned to");
}

Status MeterContents(HeartbeatCase& c) {
  if (!c.meter_attest) return {};
  const auto& nv = std::get<tpm::NvCertifyInfo>(c.meter_attest->attested);
  Reader in(nv.contents);
  c.meter_counter = in.U64();
  if (nv.offset == 0 && in.AtEnd()) return {};
  return c.Refuse("the TPM does not show the whole value of the meter's counter");
}

// The counter moved once for the charge, and once for each unit. It never goes back, so what it says was used is the least.
std::vector<std::string> MeterNotes(const HeartbeatCase& c) {
  if (!c.expected.meter) return {};
  if (!c.meter_attest) return {"heartbeat.meter_unproven"};
  const auto charged = static_cast<uint64_t>(c.expected.meter->pin.base) + 1;
  const uint64_t counted = c.meter_counter > charged ? c.meter_counter - charged : 0;
  uint64_t reported = 0;
  for (const ReportedUsage& usage : c.report().usage)
    if (usage.limit == c.expected.meter->limit && usage.period == MeterPeriod::kNever)
      reported = static_cast<uint64_t>(usage.units);
  if (reported >= static_cast<uint64_t>(c.expected.meter->before) + counted) return {};
  return {"heartbeat.meter_understated"};
}

struct NamedCheck {
  std::string_view name;
  Status (*run)(HeartbeatCase&);
};

constexpr NamedCheck kReportChecks[] = {
    {"heartbeat.vendor", Vendor},   {"heartbeat.product", Product},
    {"heartbeat.license", License}, {"heartbeat.certificate", CertificateOpened},
    {"heartbeat.class", Class},     {"heartbeat.signature", ReportSignature},
};
constexpr NamedCheck kAttestChecks[] = {
    {"heartbeat.attestation_key", AttestationKey},
    {"heartbeat.attest_signature", AttestSignature},
    {"heartbeat.attest_type", AttestType},
    {"heartbeat.qualified_signer", QualifiedSigner},
    {"heartbeat.qualifying_data", QualifyingData},
    {"heartbeat.pin", Pin},
    {"heartbeat.counter_name", CounterName},
    {"heartbeat.counter_contents", CounterContents},
    {"heartbeat.stamp", Stamp},
    {"heartbeat.birth", Birth},
    {"heartbeat.meter_attest", MeterAttest},
    {"heartbeat.meter_name", MeterName},
    {"heartbeat.meter_contents", MeterContents},
};

template <size_t N>
Status RunAll(HeartbeatCase& c, const NamedCheck (&checks)[N]) {
  for (const NamedCheck& each : checks) {
    c.check = each.name;
    HOLDFAST_CHECK(each.run(c));
  }
  return {};
}

}  // namespace

Result<HeartbeatAppraisal> AppraiseHeartbeat(const Heartbeat& heartbeat,
                                             const HeartbeatExpectation& expected) {
  HeartbeatCase c{heartbeat, expected, {}, {}, {}, {}, {}};
  if (heartbeat.counter) {
    HOLDFAST_TRY(c.attest, WithAdvice(tpm::ParseAttest(heartbeat.counter->attest), kReportAgain));
    HOLDFAST_TRY(c.signature, WithAdvice(tpm::ParseSignature(heartbeat.counter->signature), kReportAgain));
  }
  if (heartbeat.meter) {
    HOLDFAST_TRY(c.meter_attest, WithAdvice(tpm::ParseAttest(heartbeat.meter->attest), kReportAgain));
    HOLDFAST_TRY(c.meter_signature,
                 WithAdvice(tpm::ParseSignature(heartbeat.meter->signature), kReportAgain));
  }
  HOLDFAST_CHECK(RunAll(c, kReportChecks));
  if (!heartbeat.counter) return HeartbeatAppraisal{};
  HOLDFAST_CHECK(RunAll(c, kAttestChecks));
  return HeartbeatAppraisal{c.counter, c.attest.clock, MeterNotes(c)};
}

std::vector<std::string_view> HeartbeatCheckNames() {
  std::vector<std::string_view> names;
  for (const NamedCheck& each : kReportChecks) names.push_back(each.name);
  for (const NamedCheck& each : kAttestChecks) names.push_back(each.name);
  return names;
}

}  // namespace holdfast
