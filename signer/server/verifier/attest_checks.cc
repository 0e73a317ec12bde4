#include <algorithm>

#include "signer/server/verifier/checks.h"

namespace holdfast::verifier {
namespace {

bool HasTypeOf(Slot slot, const tpm::Attest& attest) {
  switch (slot) {
    case Slot::kCertify:
      return std::holds_alternative<tpm::CertifyInfo>(attest.attested);
    case Slot::kGate:
    case Slot::kCounter:
      return std::holds_alternative<tpm::NvCertifyInfo>(attest.attested);
    case Slot::kQuote:
      return std::holds_alternative<tpm::QuoteInfo>(attest.attested);
  }
  return false;
}

}  // namespace

Status AttestSignature(Case& c, Slot slot) {
  const tpm::Signature& signature = c.at(slot).signature;
  if (signature.hash == tpm::Alg::kSha256 &&
      c.ak_key->Verify(SignatureAlgorithm::kEcdsaSha256, c.at(slot).attest.encoded, signature.raw,
                       EcdsaForm::kRaw))
    return {};
  return c.Refuse(std::string(SlotName(slot)) + " is not signed by the attestation key");
}

// Each is genuine; in another's place it would prove something else.
Status AttestType(Case& c, Slot slot) {
  if (HasTypeOf(slot, c.at(slot).attest)) return {};
  return c.Refuse(std::string(SlotName(slot)) + " is an attestation of another type");
}

// One run of the agent makes all of them within seconds.
Status AttestClock(Case& c) {
  for (size_t i = 1; i < kSlots.size(); i++) {
    const tpm::ClockInfo& before = c.attests[i - 1].attest.clock;
    const tpm::ClockInfo& after = c.attests[i].attest.clock;
    if (after.reset_count != before.reset_count || after.restart_count != before.restart_count)
      return c.Refuse("the host was restarted or suspended between two attestations of the request");
    if (after.clock_ms < before.clock_ms)
      return c.Refuse("the TPM's clock goes back between two attestations of the request");
  }
  if (!std::all_of(c.attests.begin(), c.attests.end(),
                   [](const ParsedAttest& parsed) { return parsed.attest.clock.safe; }))
    c.Note("attest.clock_not_safe",
           "the TPM's clock may repeat earlier values: it lost power shortly before");
  return {};
}

Status AttestFirmware(Case& c) {
  for (const ParsedAttest& parsed : c.attests)
    if (parsed.attest.firmware != c.attests[0].attest.firmware)
      return c.Refuse("the attestations name different firmware versions");
  return {};
}

}  // namespace holdfast::verifier
