// Where the TPM of an activation counts the hard meter. Pure.
//
// A meter is charged once for a license on a TPM: another activation on the same TPM goes on with the units that are used there, and so does a
// renewal. It is charged anew when the vendor has sold another number of units, or has ended the activation himself (ActivationState::kRevoked), or the host has returned it: the
// terms then say what was used before.
#pragma once

#include "protocol/terms.h"
#include "signer/server/store/records.h"

namespace holdfast {

struct PinnedMeter {
  MeterPin pin;
  // The hard limit, when its meter was charged with earlier terms; empty: it is charged with these. What the TPM's index holds follows from the units that
  // the earlier terms say were used before, so the later ones have to say the same, also when more is known since.
  std::string charged_limit = {};
  std::vector<MeterUsage> used_before = {};
  bool operator==(const PinnedMeter&) const = default;
};

// `activations`: of the license, oldest first. `host`: the TPM's EK Name. `requested`: what its counter stands at now, in the request.
std::optional<PinnedMeter> MeterOfActivation(const std::vector<ActivationRecord>& activations,
                                             const Bytes& host, const Plan& plan,
                                             const std::optional<MeterPin>& requested);
// Nothing when the plan's hard limit is another now: the ledger counts until the next activation.
std::optional<PinnedMeter> MeterOfRenewal(const LicenseTerms& old, const Plan& plan);

// Is there a hard limit that the TPM does not count?
bool IsHardMeterSoft(const Plan& plan, const std::optional<PinnedMeter>& meter);

}  // namespace holdfast
