#include "signer/server/verifier/appraisal.h"

#include "signer/server/verifier/checks.h"

namespace holdfast {
namespace {

using verifier::Case, verifier::Slot;

struct Check {
  std::string_view name;
  Status (*run)(Case& c);
};

template <Status (*kCheck)(Case&, Slot), Slot kSlot>
Status Of(Case& c) {
  return kCheck(c, kSlot);
}

// Who signed comes before what was signed: a later check reads only what earlier ones have shown to come from
// the holder of the right key.
constexpr Check kChecks[] = {
    {"request.product", verifier::RequestProduct},
    {"key.public_key", verifier::KeyPublicKey},
    {"request.signature", verifier::RequestSignature},
    {"request.possession", verifier::RequestPossession},
    {"ek.template", verifier::EkTemplate},
    {"ek.public_key", verifier::EkPublicKey},
    {"ek.roca", verifier::EkRoca},
    {"ek.certificate", verifier::EkCertificate},
    {"ek.key_match", verifier::EkKeyMatch},
    {"ek.simulator", verifier::EkSimulator},
    {"ek.assurance", verifier::EkAssurance},
    {"ek.manufacturer", verifier::EkManufacturer},
    {"ak.template", verifier::AkTemplate},
    {"ak.public_key", verifier::AkPublicKey},
    {"attest.certify.signature", Of<verifier::AttestSignature, Slot::kCertify>},
    {"attest.gate.signature", Of<verifier::AttestSignature, Slot::kGate>},
    {"attest.counter.signature", Of<verifier::AttestSignature, Slot::kCounter>},
    {"attest.quote.signature", Of<verifier::AttestSignature, Slot::kQuote>},
    {"attest.certify.type", Of<verifier::AttestType, Slot::kCertify>},
    {"attest.gate.type", Of<verifier::AttestType, Slot::kGate>},
    {"attest.counter.type", Of<verifier::AttestType, Slot::kCounter>},
    {"attest.quote.type", Of<verifier::AttestType, Slot::kQuote>},
    {"ak.qualified_signer", verifier::AkQualifiedSigner},
    {"request.qualifying_data", verifier::RequestQualifyingData},
    {"attest.clock", verifier::AttestClock},
    {"attest.firmware", verifier::AttestFirmware},
    {"ek.firmware", verifier::EkFirmware},
    {"srk.template", verifier::SrkTemplate},
    {"key.template", verifier::KeyTemplate},
    {"certify.name", verifier::CertifyName},
    {"certify.qualified_name", verifier::CertifyQualifiedName},
    {"gate.index", verifier::GateIndexOfProduct},
    {"gate.public", verifier::GatePublicArea},
    {"gate.name", verifier::GateName},
    {"gate.contents", verifier::GateContents},
    {"key.policy", verifier::KeyPolicy},
    {"counter.index", verifier::CounterIndex},
    {"counter.public", verifier::CounterPublicArea},
    {"counter.name", verifier::CounterName},
    {"counter.contents", verifier::CounterContents},
    {"counter.value", verifier::CounterValue},
    {"quote.selection", verifier::QuoteSelection},
    {"quote.pcrs", verifier::QuotePcrs},
    {"quote.digest", verifier::QuoteDigest},
    {"meter.attest", verifier::MeterAttest},
    {"meter.name", verifier::MeterName},
    {"meter.contents", verifier::MeterContents},
};

AttestationResult ResultOf(Case& c) {
  const tpm::Attest& last = c.at(Slot::kQuote).attest;
  return {.assurance = c.assurance,
          .ek = *c.identity,
          .ek_template = c.ek_template,
          .ek_public = c.ek,
          .srk_public = c.srk,
          .gate_policy = c.license_key.auth_policy,
          .ek_name = NameOf(c.ek),
          .ak_name = NameOf(c.ak),
          .license_key_name = NameOf(c.license_key),
          .license_key = *c.key,
          .gate_index = c.gate.index,
          .gate_base = c.gate_base,
          .ledger = {c.counter.index, static_cast<int64_t>(c.counter_value)},
          .meter = c.meter_pin,
          .clock = last.clock,
          .firmware = last.firmware,
          .notes = std::move(c.notes)};
}

}  // namespace

Result<AttestationResult> Appraise(const ActivationRequest& request, const AppraisalPolicy& policy,
                                   Time now) {
  Case c{request, policy, now};
  HOLDFAST_CHECK(verifier::ParseStructures(c));
  for (const Check& check : kChecks) {
    c.check = check.name;
    HOLDFAST_CHECK(check.run(c));
  }
  return ResultOf(c);
}

std::vector<std::string_view> AppraisalCheckNames() {
  std::vector<std::string_view> names;
  for (const Check& check : kChecks) names.push_back(check.name);
  return names;
}

}  // namespace holdfast
