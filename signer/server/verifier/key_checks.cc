#include "signer/server/verifier/checks.h"

namespace holdfast::verifier {

Status KeyPublicKey(Case& c) {
  auto key = tpm::KeyOf(c.license_key);
  if (!key) return c.Refuse("the license key is not a valid public key: " + key.error().message);
  c.key = *key;
  return {};
}

Status SrkTemplate(Case& c) {
  if (tpm::MatchesSrk(c.srk)) return {};
  return c.Refuse("the license key's parent is not a storage root key of the standard form");
}

Status KeyTemplate(Case& c) {
  if (tpm::MatchesLicenseKey(c.license_key)) return {};
  return c.Refuse("the license key is not of the prescribed form: bound to its TPM and used by policy only");
}

Status CertifyName(Case& c) {
  if (c.Attested<tpm::CertifyInfo>(Slot::kCertify).name == NameOf(c.license_key)) return {};
  return c.Refuse("the attestation is of another key than the license key");
}

// The qualified name holds all ancestors: the key lives under this SRK in the owner hierarchy.
Status CertifyQualifiedName(Case& c) {
  tpm::Name srk = tpm::QualifiedName(tpm::kOwner, NameOf(c.srk));
  tpm::Name key = tpm::QualifiedName(srk, NameOf(c.license_key));
  if (c.Attested<tpm::CertifyInfo>(Slot::kCertify).qualified_name == key) return {};
  return c.Refuse("the license key is not a child of the storage root key that the request names");
}

Status KeyPolicy(Case& c) {
  if (c.license_key.auth_policy == tpm::GatePolicy(NameOf(c.gate), c.gate_base)) return {};
  return c.Refuse("the license key does not depend on the gate at the value that was attested");
}

}  // namespace holdfast::verifier
