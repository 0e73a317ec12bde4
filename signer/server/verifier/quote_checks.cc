#include "signer/server/verifier/checks.h"

namespace holdfast::verifier {

Status QuoteSelection(Case& c) {
  const auto& selection = c.Attested<tpm::QuoteInfo>(Slot::kQuote).selection;
  if (selection.size() == 1 && selection[0].hash == tpm::Alg::kSha256 && selection[0].mask == kQuotedPcrMask)
    return {};
  return c.Refuse("the quote is not of the prescribed PCRs: 0 to 7 of the SHA-256 bank");
}

// Every value that is shown is covered by the quote, and every covered one is shown.
Status QuotePcrs(Case& c) {
  uint32_t shown = 0;
  for (const auto& [index, value] : c.request.evidence.pcrs) {
    if (index < 0 || index > 23 || value.size() != 32) return c.Refuse("a PCR value is not one of 32 octets");
    shown |= 1u << index;
  }
  if (shown == kQuotedPcrMask) return {};
  return c.Refuse("the request's PCR values are not those that the quote covers");
}

Status QuoteDigest(Case& c) {
  Bytes values;
  for (const auto& [index, value] : c.request.evidence.pcrs) Append(values, value);  // ordered by index
  if (Equal(c.Attested<tpm::QuoteInfo>(Slot::kQuote).digest, Sha256(values))) return {};
  return c.Refuse("the PCR values are not those that the TPM quoted");
}

}  // namespace holdfast::verifier
