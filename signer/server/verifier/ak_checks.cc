#include "signer/server/verifier/checks.h"

namespace holdfast::verifier {

// `restricted` carries the whole proof: an unrestricted key signs whatever it is given, forged attestations
// too.
Status AkTemplate(Case& c) {
  if (tpm::MatchesAk(c.ak)) return {};
  return c.Refuse("the attestation key is not a restricted signing key of the prescribed form");
}

Status AkPublicKey(Case& c) {
  auto key = tpm::KeyOf(c.ak);
  if (!key) return c.Refuse("the attestation key is not a valid public key: " + key.error().message);
  c.ak_key = *key;
  return {};
}

// The TPM itself says which key signed and that it is a child of this EK.
Status AkQualifiedSigner(Case& c) {
  tpm::Name ek = tpm::QualifiedName(tpm::kEndorsement, NameOf(c.ek));
  tpm::Name ak = tpm::QualifiedName(ek, NameOf(c.ak));
  for (Slot slot : kSlots)
    if (c.at(slot).attest.qualified_signer != ak)
      return c.Refuse(std::string(SlotName(slot)) + " was not signed by an attestation key under this EK");
  return {};
}

}  // namespace holdfast::verifier
