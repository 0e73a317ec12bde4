#include "protocol/byte_cursor.h"
#include "signer/server/verifier/checks.h"

namespace holdfast::verifier {
namespace {

const tpm::NvCertifyInfo* Attested(const Case& c) {
  return std::get_if<tpm::NvCertifyInfo>(&c.meter->attest.attested);
}

}  // namespace

// What the other attestations are checked for one by one. It is made after the quote, in the same boot.
Status MeterAttest(Case& c) {
  if (!c.meter) return {};
  const std::string what(kMeterAttestName);
  const tpm::Attest& attest = c.meter->attest;
  const tpm::Attest& quote = c.at(Slot::kQuote).attest;
  const tpm::Signature& signature = c.meter->signature;
  if (signature.hash != tpm::Alg::kSha256 ||
      !c.ak_key->Verify(SignatureAlgorithm::kEcdsaSha256, attest.encoded, signature.raw, EcdsaForm::kRaw))
    return c.Refuse(what + " is not signed by the attestation key");
  if (Attested(c) == nullptr) return c.Refuse(what + " is an attestation of another type");
  if (attest.qualified_signer != quote.qualified_signer)
    return c.Refuse(what + " was not signed by an attestation key under this EK");
  if (!Equal(attest.extra_data, c.request.content_hash))
    return c.Refuse(what + " was made for another request");
  if (attest.clock.reset_count != quote.clock.reset_count ||
      attest.clock.restart_count != quote.clock.restart_count ||
      attest.clock.clock_ms < quote.clock.clock_ms || attest.firmware != quote.firmware)
    return c.Refuse(what + " was not made with the others");
  return {};
}

// By the Name: an NV counter of exactly the gate's form, written once at least, at the place of this product key's. Only such a
// counter never comes back to a value that it has left.
Status MeterName(Case& c) {
  if (!c.meter) return {};
  const RequestContent& content = c.request.content;
  const uint32_t index = tpm::MeterCounterIndex(content.vendor, content.product_key_id);
  c.meter_pin = MeterPin{index, 0};
  if (Attested(c)->index_name == NameOf(tpm::GatePublic(index))) return {};
  return c.Refuse("the attestation is of another NV index than the counter of this product key's hard meter");
}

Status MeterContents(Case& c) {
  if (!c.meter) return {};
  const tpm::NvCertifyInfo& attested = *Attested(c);
  Reader in(attested.contents);
  const uint64_t value = in.U64();
  if (attested.offset != 0 || !in.AtEnd())
    return c.Refuse("the attestation does not show the whole value of the meter's counter");
  if (value < 1 || value > tpm::kMaxLedgerCounter)
    return c.Refuse("the meter's counter stands at a value that no counter reaches");
  c.meter_pin->base = static_cast<int64_t>(value);
  return {};
}

}  // namespace holdfast::verifier
