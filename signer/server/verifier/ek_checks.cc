#include <algorithm>

#include "signer/server/verifier/checks.h"
#include "signer/server/verifier/simulator.h"

namespace holdfast::verifier {
namespace {

bool Contains(const std::vector<AssuranceClass>& classes, AssuranceClass value) {
  return std::find(classes.begin(), classes.end(), value) != classes.end();
}

const PinnedEk* FindPin(const Case& c) {
  for (const PinnedEk& pin : c.policy.pinned_eks)
    if (pin.key == c.ek_key->SpkiSha256()) return &pin;
  return nullptr;
}

bool IsOf(const Case& c, std::string_view manufacturer) {
  return FoldedName(c.manufacturer) == FoldedName(manufacturer);
}

// Chips keep their keys longer than their makers' certificates last.
void NoteExpiry(Case& c) {
  if (c.identity->expired)
    c.Note("ek.expired", "the EK certificate has expired; the chip is trusted for what it was when made");
}

}  // namespace

Status EkTemplate(Case& c) {
  if (auto which = tpm::MatchEk(c.ek)) {
    c.ek_template = *which;
    return {};
  }
  return c.Refuse("the EK is not one of the standard endorsement keys (RSA-2048, P-256, P-384)");
}

Status EkPublicKey(Case& c) {
  auto key = tpm::KeyOf(c.ek);
  if (!key) return c.Refuse("the EK is not a valid public key: " + key.error().message);
  c.ek_key = *key;
  return {};
}

Status EkRoca(Case& c) {
  if (c.ek.type != tpm::Alg::kRsa || !HasRocaFingerprint(c.ek.modulus)) return {};
  return c.Refuse("the EK is a weak RSA key of CVE-2017-15361 (ROCA), whose private half can be computed",
                  "Update the TPM's firmware and make a new request, or use the chip's ECC endorsement key");
}

Status EkCertificate(Case& c) {
  const std::vector<Bytes>& chain = c.request.content.ek_certificates;
  const PinnedEk* pin = FindPin(c);
  if (chain.empty() && !pin)
    return c.Refuse(
        "the TPM has no EK certificate in it",
        "Fetch the certificate from the manufacturer's service by the EK (Intel, AMD) and add it to "
        "the request, or pin this EK: " +
            HexEncode(c.ek_key->SpkiSha256()));
  if (pin) {
    c.identity = EkIdentity{.key = *c.ek_key, .root_class = pin->root_class};
    if (!chain.empty()) c.manufacturer = ReadTpmManufacturer(chain[0]);
    c.Note("ek.pinned", "the EK is trusted because it is pinned, not by a certificate");
    return {};
  }
  const std::string advice = "Use a certificate that the manufacturer issued for this EK, or pin the EK: " +
                             HexEncode(c.ek_key->SpkiSha256());
  HOLDFAST_TRY(c.identity, WithAdvice(VerifyEkCertificate(chain, c.policy.ek_roots, c.now), advice));
  c.manufacturer = c.identity->manufacturer;
  NoteExpiry(c);
  return {};
}

Status EkKeyMatch(Case& c) {
  if (c.identity->key.spki() == c.ek_key->spki()) return {};
  return c.Refuse("the EK certificate is for another key than the request's EK");
}

Status EkSimulator(Case& c) {
  if (!IsSimulator(*c.identity) || c.policy.allow_simulator) return {};
  return c.Refuse("the TPM is a software simulator, which protects nothing",
                  "Use a host with a real TPM; for demonstrations a plan may set allow_simulator");
}

Status EkAssurance(Case& c) {
  bool is_virtual = c.identity->root_class == EkRootClass::kCloudVtpm || IsSimulator(*c.identity);
  c.assurance = is_virtual ? AssuranceClass::kVtpm : AssuranceClass::kHwTpm;
  if (Contains(c.policy.assurance, c.assurance)) return {};
  return c.Refuse(
      "the TPM is of class " + std::string(AssuranceName(c.assurance)) + ", which the plan does not allow",
      "Use another host, or a plan whose `assurance` lists that class");
}

Status EkManufacturer(Case& c) {
  for (const std::string& denied : c.policy.denied_manufacturers)
    if (IsOf(c, denied))
      return c.Refuse("TPMs of manufacturer " + c.manufacturer + " are denied by the vendor's policy",
                      "Use a host with another TPM");
  return {};
}

Status EkFirmware(Case& c) {
  uint64_t firmware = c.at(Slot::kQuote).attest.firmware;
  for (const DeniedFirmware& denied : c.policy.denied_firmware) {
    bool same = denied.manufacturer.empty() || IsOf(c, denied.manufacturer);
    if (same && firmware >= denied.from && firmware <= denied.to)
      return c.Refuse("the TPM's firmware version is denied by the vendor's policy",
                      "Update the TPM's firmware and make a new request");
  }
  return {};
}

}  // namespace holdfast::verifier
