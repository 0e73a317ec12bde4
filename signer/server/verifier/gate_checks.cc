#include "protocol/byte_cursor.h"
#include "signer/server/verifier/checks.h"

namespace holdfast::verifier {

Status GateIndexOfProduct(Case& c) {
  if (c.gate.index == tpm::GateIndex(c.policy.vendor, c.policy.product)) return {};
  return c.Refuse("the gate is not the index of this product");
}

// Only a counter with exactly these attributes can never return to a value that it has left.
Status GatePublicArea(Case& c) {
  if (c.gate.encoded == tpm::GatePublic(c.gate.index).encoded) return {};
  return c.Refuse("the gate is not an NV counter of the prescribed form, written once at least");
}

Status GateName(Case& c) {
  if (c.Attested<tpm::NvCertifyInfo>(Slot::kGate).index_name == NameOf(c.gate)) return {};
  return c.Refuse("the attestation is of another NV index than the gate");
}

Status GateContents(Case& c) {
  const auto& attested = c.Attested<tpm::NvCertifyInfo>(Slot::kGate);
  Reader in(attested.contents);
  c.gate_base = in.U64();
  if (attested.offset == 0 && in.AtEnd()) return {};
  return c.Refuse("the attestation does not show the whole value of the gate");
}

}  // namespace holdfast::verifier
