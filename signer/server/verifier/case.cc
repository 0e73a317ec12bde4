#include "signer/server/verifier/case.h"

namespace holdfast::verifier {
namespace {

// The parsers say what is wrong, here it is said where.
template <class T>
Status Store(Result<T> parsed, std::string_view member, T& out) {
  if (!parsed) {
    Error error = std::move(parsed.error());
    error.message = std::string(member) + ": " + error.message;
    return WithAdvice(Status(tl::unexpected(std::move(error))), kNewRequest);
  }
  out = std::move(*parsed);
  return {};
}

Status ParseAttested(const SignedAttest& from, std::string_view member, ParsedAttest& to) {
  HOLDFAST_CHECK(Store(tpm::ParseAttest(from.attest), member, to.attest));
  return Store(tpm::ParseSignature(from.signature), std::string(member) + "'s signature", to.signature);
}

Status ParseAttested(const SignedAttest& from, Slot slot, ParsedAttest& to) {
  return ParseAttested(from, SlotName(slot), to);
}

}  // namespace

std::string_view SlotName(Slot slot) {
  switch (slot) {
    case Slot::kCertify:
      return "the license key's attestation";
    case Slot::kGate:
      return "the gate's attestation";
    case Slot::kCounter:
      return "the counter's attestation";
    case Slot::kQuote:
      break;
  }
  return "the quote";
}

tl::unexpected<Error> Case::Refuse(std::string message, std::string advice) const {
  return Refused(check, std::move(message), std::move(advice));
}

void Case::Note(std::string_view name, std::string_view message) {
  notes.push_back({std::string(name), std::string(message)});
}

Status ParseStructures(Case& c) {
  const RequestContent& content = c.request.content;
  const RequestEvidence& evidence = c.request.evidence;
  HOLDFAST_CHECK(Store(tpm::ParsePublic(content.ek_public), "the EK", c.ek));
  HOLDFAST_CHECK(Store(tpm::ParsePublic(content.srk_public), "the SRK", c.srk));
  HOLDFAST_CHECK(Store(tpm::ParsePublic(content.ak_public), "the AK", c.ak));
  HOLDFAST_CHECK(Store(tpm::ParsePublic(content.license_key_public), "the license key", c.license_key));
  HOLDFAST_CHECK(Store(tpm::ParseNvPublic(content.gate_public), "the gate", c.gate));
  HOLDFAST_CHECK(Store(tpm::ParseNvPublic(content.counter_public), "the counter", c.counter));
  HOLDFAST_CHECK(ParseAttested(evidence.certify, Slot::kCertify, c.at(Slot::kCertify)));
  HOLDFAST_CHECK(ParseAttested(evidence.gate, Slot::kGate, c.at(Slot::kGate)));
  HOLDFAST_CHECK(ParseAttested(evidence.counter, Slot::kCounter, c.at(Slot::kCounter)));
  HOLDFAST_CHECK(ParseAttested(evidence.quote, Slot::kQuote, c.at(Slot::kQuote)));
  if (!evidence.meter) return {};
  return ParseAttested(*evidence.meter, kMeterAttestName, c.meter.emplace());
}

}  // namespace holdfast::verifier
