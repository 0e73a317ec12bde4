// One appraisal while it runs: the request's structures, parsed, and what the checks have found so far.
#pragma once

#include <array>
#include <optional>

#include "signer/server/verifier/appraisal.h"

namespace holdfast::verifier {

// What helps against most that can be wrong with a request.
inline constexpr std::string_view kNewRequest = "Make a new request on the host";

enum class Slot { kCertify, kGate, kCounter, kQuote };  // in the order in which the agent makes them
inline constexpr std::array kSlots{Slot::kCertify, Slot::kGate, Slot::kCounter, Slot::kQuote};
std::string_view SlotName(Slot slot);  // for messages

inline constexpr std::string_view kMeterAttestName = "the attestation of the meter's counter";

struct ParsedAttest {
  tpm::Attest attest;
  tpm::Signature signature;
};

struct Case {
  const ActivationRequest& request;
  const AppraisalPolicy& policy;
  Time now;
  std::string_view check;  // the name of the check that runs

  tpm::Public ek, srk, ak, license_key;
  tpm::NvPublic gate, counter;
  std::array<ParsedAttest, kSlots.size()> attests;
  std::optional<ParsedAttest> meter;  // of the counter of a hard meter, where the TPM can have one

  // Each set by the check of that name: ek.public_key, ak.public_key, key.public_key, ek.template,
  // ek.certificate, ek.assurance, gate.contents, counter.contents, meter.contents.
  std::optional<PublicKey> ek_key, ak_key, key;
  tpm::EkTemplate ek_template = tpm::EkTemplate::kEccP256;
  std::optional<EkIdentity> identity;
  std::string manufacturer;  // by the EK certificate, of a pinned EK unverified: good for denying only
  AssuranceClass assurance = AssuranceClass::kHost;
  uint64_t gate_base = 0, counter_value = 0;
  std::optional<MeterPin> meter_pin;
  std::vector<AppraisalNote> notes;

  ParsedAttest& at(Slot slot) { return attests[static_cast<size_t>(slot)]; }
  // The body of an attest whose type has been checked.
  template <class Body>
  const Body& Attested(Slot slot) {
    return std::get<Body>(at(slot).attest.attested);
  }
  // kRefused with the running check's name.
  tl::unexpected<Error> Refuse(std::string message, std::string advice = std::string(kNewRequest)) const;
  void Note(std::string_view name, std::string_view message);
};

// Reads every structure of the request. Checks: tpm.<structure>.<what>; the message names the member.
Status ParseStructures(Case& c);

}  // namespace holdfast::verifier
