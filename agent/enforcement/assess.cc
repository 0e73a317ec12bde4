#include "agent/enforcement/decide.h"

#include <algorithm>

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

std::optional<Reason> OfflineReasonOf(const LicenseView& view, Time now) {
  const std::optional<Time> heard_by = HeardBy(view);
  if (!heard_by) return {};
  const LicenseTerms& terms = view.verified->terms;
  if (now > *heard_by + terms.expiry_grace) return Reason::kOfflineTooLong;
  if (now > *heard_by) return Reason::kOfflineGrace;
  if (now >= *heard_by - HeartbeatNotice(terms)) return Reason::kHeartbeatDue;
  return {};
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
    case Reason::kClockSetBack:
      return LicenseState::kClockSetBack;
    case Reason::kStateRollback:
      return LicenseState::kStateRollback;
    case Reason::kOfflineTooLong:
      return LicenseState::kOfflineTooLong;
    case Reason::kOfflineGrace:
      return LicenseState::kGrace;
    default:
      return LicenseState::kNone;
  }
}

struct Finding {
  Reason reason;
  Policy policy;
};

// What the host was found to have done, and what the license wants done about it.
std::vector<Finding> FindingsOf(const LicenseView& view, ClockState clock) {
  const Policies& policies = view.verified->terms.policies;
  std::vector<Finding> findings;
  if (clock == ClockState::kSetBack || clock == ClockState::kUnset)
    findings.push_back({Reason::kClockSetBack, policies.clock});
  // Nobody gains by it, so it denies nothing: it is why a license may seem to have ended.
  if (clock == ClockState::kAhead && policies.clock != Policy::kAllow)
    findings.push_back({Reason::kClockAhead, Policy::kWarn});
  if (view.ledger == LedgerStanding::kRolledBack)
    findings.push_back({Reason::kStateRollback, policies.rollback});
  return findings;
}

// The grants that go with a state; every state that is not listed grants nothing.
const Grants* GrantsIn(LicenseState state, const LicenseTerms& terms) {
  switch (state) {
    case LicenseState::kActive:
    case LicenseState::kExpiring:
    case LicenseState::kGrace:
    case LicenseState::kEmergency:
      return &terms.grants;
    case LicenseState::kFallback:
      return &*terms.fallback;
    default:
      return nullptr;
  }
}

// A repair needs a license that stands but for its hardware. The ledger is that of the new hardware, which the license was never used with.
bool IsForRepair(LicenseState state, const LicenseView& view, const Situation& now) {
  if (state != LicenseState::kWrongHardware) return false;
  if (OfflineReasonOf(view, now.now) == Reason::kOfflineTooLong) return false;
  for (const Finding& finding : FindingsOf(view, now.clock))
    if (finding.reason == Reason::kClockSetBack && finding.policy == Policy::kDeny) return false;
  const Reason time = TimeReasonOf(view.verified->terms, now.now);
  return time == Reason::kActive || time == Reason::kExpiring || time == Reason::kGrace;
}

std::optional<Time> EmergencyIn(LicenseState state, const LicenseView& view, const Situation& situation) {
  std::optional<GrantedPeriod> period;
  const LicenseTerms& terms = view.verified->terms;
  if (view.voucher && terms.vouchers && IsForVouchers(state) && view.ledger == LedgerStanding::kGood)
    period = AtMost(*view.voucher, terms.vouchers->length);
  if (view.repair && terms.repairs && IsForRepair(state, view, situation))
    period = AtMost(*view.repair, terms.repairs->emergency);
  if (!period || !IsRunning(*period, situation)) return {};
  return period->until;
}

}  // namespace

bool IsRunning(const GrantedPeriod& period, const Situation& situation) {
  const Seconds length = period.until - period.from;
  return situation.now <= period.until && situation.now + kSetBackTolerance >= period.from &&
         situation.passed >= period.passed && situation.passed - period.passed <= length;
}

GrantedPeriod AtMost(GrantedPeriod period, Seconds length) {
  period.until = std::min(period.until, period.from + length);
  return period;
}

bool IsForVouchers(LicenseState state) {
  return state == LicenseState::kExpired || state == LicenseState::kFallback ||
         state == LicenseState::kOfflineTooLong || state == LicenseState::kClockSetBack;
}

std::optional<Time> HeardBy(const LicenseView& view) {
  const VerifiedLicense& license = *view.verified;
  const bool by_tpm = license.terms.assurance != AssuranceClass::kHost;
  if (license.terms.offline_window <= Seconds(0) || (!view.contact_known && by_tpm)) return {};
  const Time issued = license.not_before + kLicenseBackdating;
  return std::max(view.contact.value_or(issued), issued) + license.terms.offline_window;
}

Seconds HeartbeatNotice(const LicenseTerms& terms) {
  const Seconds quarter = terms.offline_window / 4;
  return terms.warn_before.empty() ? Seconds(0) : std::min(quarter, terms.warn_before.front());
}

Standing Assess(const LicenseView& view, const Situation& situation) {
  Standing standing;
  if (!view.verified) {
    standing.state = LicenseState::kTampered;
    standing.reasons = {Reason::kTampered};
    return standing;
  }
  const LicenseTerms& terms = view.verified->terms;
  const std::vector<Finding> findings = FindingsOf(view, situation.clock);
  standing.reasons.push_back(TimeReasonOf(terms, situation.now));
  const std::optional<Reason> offline = OfflineReasonOf(view, situation.now);
  if (offline && *offline != Reason::kHeartbeatDue) standing.reasons.push_back(*offline);
  if (auto reason = RevocationReasonOf(*view.verified)) standing.reasons.push_back(*reason);
  if (auto reason = HardwareReasonOf(view.hardware)) standing.reasons.push_back(*reason);
  // Otherwise who takes the ledger away would be better off than who sets it back.
  if (view.ledger == LedgerStanding::kUnknown) standing.reasons.push_back(Reason::kHardwareUnavailable);
  for (const Finding& finding : findings)
    if (finding.policy == Policy::kDeny) standing.reasons.push_back(finding.reason);
  SortBySeriousness(standing.reasons);
  standing.state = StateOf(standing.reasons.front());
  if (standing.state == LicenseState::kOfflineTooLong && terms.fallback) {
    standing.state = LicenseState::kFallback;
    standing.reasons.push_back(Reason::kFallbackEdition);
  }
  for (const Finding& finding : findings)
    if (finding.policy == Policy::kWarn) standing.reasons.push_back(finding.reason);
  if (offline) standing.reasons.push_back(*offline);
  standing.emergency_until = EmergencyIn(standing.state, view, situation);
  if (standing.emergency_until) {
    standing.state = LicenseState::kEmergency;
    standing.reasons.push_back(Reason::kEmergency);
  }
  SortBySeriousness(standing.reasons);
  standing.grants = GrantsIn(standing.state, terms);
  if (standing.grants == nullptr && terms.advisory) {
    standing.grants = &terms.grants;
    standing.reasons.push_back(Reason::kAdvisory);
    SortBySeriousness(standing.reasons);
  }
  standing.expires = terms.expires;
  standing.heard_by = HeardBy(view);
  if (terms.expires) {
    standing.days_left = std::chrono::floor<std::chrono::days>(*terms.expires - situation.now).count();
  }
  return standing;
}

}  // namespace holdfast
