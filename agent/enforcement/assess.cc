#include "agent/enforcement/decide.h"

namespace holdfast {
namespace {

// What the vendor's revocation list says.
std::optional<Reason> RevocationReasonOf(const VerifiedLicense& license) {
  if (license.revocation == Revocation::kGood) return {};
  const bool held = license.revocation == Revocation::kRevoked && license.revoked &&
                    license.revoked->reason == RevocationReason::kCertificateHold;
  return held ? Reason::kSuspended : Reason::kRevoked;
}

std::optional<Reason> HardwareReasonOf(HardwareProof proof) {
  switch (proof) {
    case HardwareProof::kProven:
      return {};
    case HardwareProof::kWrongHardware:
      return Reason::kWrongHardware;
    case HardwareProof::kRetired:
      return Reason::kRetired;
    case HardwareProof::kUnavailable:
      break;
  }
  return Reason::kHardwareUnavailable;
}

Reason TimeReasonOf(const LicenseTerms& terms, Time now) {
  if (now < terms.valid_from) return Reason::kNotYetValid;
  if (!terms.expires) return Reason::kActive;
  if (now > *terms.expires + terms.expiry_grace) {
    return terms.fallback ? Reason::kFallbackEdition : Reason::kExpired;
  }
  if (now > *terms.expires) return Reason::kGrace;
  const bool announced = !terms.warn_before.empty() && now >= *terms.expires - terms.warn_before.front();
  return announced ? Reason::kExpiring : Reason::kActive;
}

LicenseState StateOf(Reason reason) {
  switch (reason) {
    case Reason::kActive:
      return LicenseState::kActive;
    case Reason::kExpiring:
      return LicenseState::kExpiring;
    case Reason::kGrace:
      return LicenseState::kGrace;
    case Reason::kFallbackEdition:
      return LicenseState::kFallback;
    case Reason::kExpired:
      return LicenseState::kExpired;
    case Reason::kNotYetValid:
      return LicenseState::kNotYetValid;
    case Reason::kRevoked:
      return LicenseState::kRevoked;
    case Reason::kSuspended:
      return LicenseState::kSuspended;
    case Reason::kWrongHardware:
      return LicenseState::kWrongHardware;
    case Reason::kHardwareUnavailable:
      return LicenseState::kHardwareUnavailable;
    case Reason::kRetired:
      return LicenseState::kRetired;
    case Reason::kTampered:
      return LicenseState::kTampered;
    default:
      return LicenseState::kNone;
  }
}

// The grants that go with a state; every state that is not listed grants nothing.
const Grants* GrantsIn(LicenseState state, const LicenseTerms& terms) {
  switch (state) {
    case LicenseState::kActive:
    case LicenseState::kExpiring:
    case LicenseState::kGrace:
      return &terms.grants;
    case LicenseState::kFallback:
      return &*terms.fallback;
    default:
      return nullptr;
  }
}

}  // namespace

Standing Assess(const LicenseView& view, Time now) {
  Standing standing;
  if (!view.verified) {
    standing.state = LicenseState::kTampered;
    standing.reasons = {Reason::kTampered};
    return standing;
  }
  const LicenseTerms& terms = view.verified->terms;
  standing.reasons.push_back(TimeReasonOf(terms, now));
  if (auto reason = RevocationReasonOf(*view.verified)) standing.reasons.push_back(*reason);
  if (auto reason = HardwareReasonOf(view.hardware)) standing.reasons.push_back(*reason);
  SortBySeriousness(standing.reasons);
  standing.state = StateOf(standing.reasons.front());
  standing.grants = GrantsIn(standing.state, terms);
  standing.expires = terms.expires;
  if (terms.expires) {
    standing.days_left = std::chrono::floor<std::chrono::days>(*terms.expires - now).count();
  }
  return standing;
}

}  // namespace holdfast
