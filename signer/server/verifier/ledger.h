// What the vendor remembers of an EK against what a request shows of it. A TPM's gate counter never decreases
// and its clock never stands still, so two requests can contradict each other: the mark of a virtual TPM that
// was copied or set back. Pure; the store keeps the sightings.
#pragma once

#include <span>

#include "signer/server/verifier/appraisal.h"

namespace holdfast {

// One appraised request of an EK.
struct EkSighting {
  Sha256Digest content_hash{};  // ActivationRequest::content_hash
  uint32_t gate_index = 0;
  uint64_t gate_base = 0;
  uint64_t clock_ms = 0;
  uint32_t reset_count = 0, restart_count = 0;
  // Whoever made it held the product key of the request at hand. Other people's requests can name any EK and attest what they
  // like until their answer is opened (decisions/0024): they are noted, and deny nothing.
  bool same_license = true;
  bool hardware = false;  // a TPM whose counters nobody sets back
};
EkSighting SightingOf(const ActivationRequest& request, const AttestationResult& result);

// `previous`: all sightings of the same EK, in any order. The same request again (by content_hash) passes
// without notes. Refused, and of other licenses noted: ledger.fork (the same instant of the TPM with different content), ledger.gate (the
// gate stood higher before: the key of this request is retired already). Noted, since an older request may
// arrive late: ledger.cleared (of hardware, whose gate went on above it: TPM2_Clear, so that the keys of before are dead), ledger.reset_count (cleared, set back or late), ledger.clock (set back or late).
Result<std::vector<AppraisalNote>> CheckLedger(std::span<const EkSighting> previous, const EkSighting& now);

}  // namespace holdfast
