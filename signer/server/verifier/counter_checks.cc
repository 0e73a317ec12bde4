#include "protocol/byte_cursor.h"
#include "signer/server/verifier/checks.h"

namespace holdfast::verifier {

Status CounterIndex(Case& c) {
  if (c.counter.index == tpm::kLedgerCounterIndex) return {};
  return c.Refuse("the ledger's counter is not at its place");
}

// Only a counter with exactly these attributes begins above its last value when it is deleted and made anew.
Status CounterPublicArea(Case& c) {
  if (c.counter.encoded == tpm::GatePublic(c.counter.index).encoded) return {};
  return c.Refuse("the ledger's counter is not an NV counter of the prescribed form, written once at least");
}

// The attestation of another counter, such as the gate's own, would be as genuine.
Status CounterName(Case& c) {
  if (c.Attested<tpm::NvCertifyInfo>(Slot::kCounter).index_name == NameOf(c.counter)) return {};
  return c.Refuse("the attestation is of another NV index than the ledger's counter");
}

Status CounterContents(Case& c) {
  const auto& attested = c.Attested<tpm::NvCertifyInfo>(Slot::kCounter);
  Reader in(attested.contents);
  c.counter_value = in.U64();
  if (attested.offset == 0 && in.AtEnd()) return {};
  return c.Refuse("the attestation does not show the whole value of the ledger's counter");
}

Status CounterValue(Case& c) {
  if (c.counter_value >= 1 && c.counter_value <= tpm::kMaxLedgerCounter) return {};
  return c.Refuse("the ledger's counter stands at a value that no counter reaches");
}

}  // namespace holdfast::verifier
