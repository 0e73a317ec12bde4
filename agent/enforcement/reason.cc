// Names and advice of every reason and state. docs/enforcement.md is the same table for people.
#include <algorithm>
#include <array>

#include "agent/enforcement/decide.h"

namespace holdfast {
namespace {

struct Entry {
  Reason reason;
  std::string_view name;
  std::string_view advice;
};

// In order of seriousness, the most serious first: what the vendor or the hardware says, then what time says,
// then what the question was about, then warnings.
constexpr std::array<Entry, kReasonCount> kReasons{{
    {Reason::kTampered, "tampered",
     "the license file cannot be read, was altered, or the pinned roots are not this vendor's; see its fault "
     "in "
     "holdfast status, and install the vendor's answer again"},
    {Reason::kRevoked, "revoked", "the vendor has revoked this license; ask the vendor"},
    {Reason::kSuspended, "suspended",
     "the vendor has suspended this license; settle it with the vendor and install the new revocation list"},
    {Reason::kWrongHardware, "wrong_hardware",
     "see its fault in holdfast status: restore the agent's state when its keys are missing or damaged; "
     "otherwise the license is of another machine, this TPM was cleared, or too much of a host without TPM "
     "was changed: request a license for this machine, with holdfast request --repair where the license "
     "knows repairs"},
    {Reason::kStateRollback, "state_rollback",
     "the agent's ledger was set back, deleted or altered; make a new request on this machine (holdfast "
     "request --new) and send "
     "it to the vendor"},
    {Reason::kRetired, "retired", "this license was returned; request a new one"},
    {Reason::kHardwareUnavailable, "hardware_unavailable",
     "the license cannot be proven; see its fault in holdfast status: the TPM must be on in the firmware "
     "setup and the agent must be allowed to use its device; of class host, to read its keys"},
    {Reason::kNoLicense, "no_license",
     "no license for this product is installed; run `holdfast request` and send the file to the vendor"},
    {Reason::kClockSetBack, "clock_set_back",
     "the clock of this machine is behind the time that has passed; set it right, or, if it is, ask the "
     "vendor for the time: holdfast time request"},
    {Reason::kNotYetValid, "not_yet_valid", "the license begins later; check the clock of this machine"},
    {Reason::kExpired, "expired", "the license has expired; renew it with the vendor"},
    {Reason::kOfflineTooLong, "offline_too_long",
     "nothing was heard of the vendor for longer than the license allows; holdfast heartbeat, send the file "
     "to the vendor, "
     "and holdfast apply the answer"},
    {Reason::kUnknownFeature, "unknown_feature",
     "the license does not know this feature; check its spelling, or ask the vendor; limits and meters are "
     "not checked but used: holdfast hold, holdfast consume"},
    {Reason::kUnknownLimit, "unknown_limit",
     "the license does not know this limit; check its spelling, or ask the vendor"},
    {Reason::kUnknownKey, "unknown_key",
     "the license does not know this content key; check its spelling, or ask the vendor"},
    {Reason::kFeatureNotGranted, "feature_not_granted",
     "the edition that applies now does not include this feature"},
    {Reason::kKeyNotGranted, "key_not_granted",
     "the edition that applies now does not include this content key"},
    {Reason::kCallerExcluded, "caller_excluded",
     "the license lets only certain users, groups or programs of this host use this limit; holdfast status "
     "--json shows which (only)"},
    {Reason::kLimitReached, "limit_reached",
     "not enough is left: wait until others release some of it, or, of a meter, until it begins anew; or ask "
     "the vendor for more"},
    {Reason::kFallbackEdition, "fallback_edition",
     "the license has expired and the fallback edition applies; renew it with the vendor"},
    {Reason::kGrace, "grace",
     "the license has expired and runs in its grace period; renew it with the vendor now"},
    {Reason::kOfflineGrace, "offline_grace",
     "nothing was heard of the vendor for the time that the license allows, and it runs in its grace period: "
     "holdfast "
     "heartbeat, send the file to the vendor, and holdfast apply the answer now"},
    {Reason::kOverage, "overage", "more is in use than the license includes; ask the vendor for more"},
    {Reason::kClockAhead, "clock_ahead",
     "the clock of this machine is far ahead of the time that is known to have passed; see that it is right: "
     "nothing is lost "
     "by setting it right"},
    {Reason::kExpiring, "expiring", "the license expires soon; renew it with the vendor"},
    {Reason::kEmergency, "emergency",
     "granted for a while only, by a voucher or until a repair is answered; see the other reasons, and "
     "settle them before it "
     "ends"},
    {Reason::kAdvisory, "advisory",
     "the license only advises: it would have been denied; see the other reasons"},
    {Reason::kHeartbeatDue, "heartbeat_due",
     "the vendor must be heard of soon: holdfast heartbeat, send the file to the vendor, and holdfast apply "
     "the answer"},
    {Reason::kRevocationStale, "revocation_stale", "install a fresh revocation list from the vendor"},
    {Reason::kActive, "active", ""},
}};

size_t Rank(Reason reason) {
  return std::find_if(kReasons.begin(), kReasons.end(), [&](const Entry& e) { return e.reason == reason; }) -
         kReasons.begin();
}

}  // namespace

std::string_view ReasonName(Reason reason) {
  return kReasons.at(Rank(reason)).name;
}

std::string_view ReasonAdvice(Reason reason) {
  return kReasons.at(Rank(reason)).advice;
}

void SortBySeriousness(std::vector<Reason>& reasons) {
  std::sort(reasons.begin(), reasons.end(), [](Reason a, Reason b) { return Rank(a) < Rank(b); });
  reasons.erase(std::unique(reasons.begin(), reasons.end()), reasons.end());
  if (reasons.size() > 1 && reasons.back() == Reason::kActive) reasons.pop_back();
}

std::string_view StateName(LicenseState state) {
  switch (state) {
    case LicenseState::kActive:
      return "active";
    case LicenseState::kExpiring:
      return "expiring";
    case LicenseState::kGrace:
      return "grace";
    case LicenseState::kFallback:
      return "fallback";
    case LicenseState::kNotYetValid:
      return "not_yet_valid";
    case LicenseState::kExpired:
      return "expired";
    case LicenseState::kRevoked:
      return "revoked";
    case LicenseState::kSuspended:
      return "suspended";
    case LicenseState::kWrongHardware:
      return "wrong_hardware";
    case LicenseState::kHardwareUnavailable:
      return "hardware_unavailable";
    case LicenseState::kRetired:
      return "retired";
    case LicenseState::kTampered:
      return "tampered";
    case LicenseState::kClockSetBack:
      return "clock_set_back";
    case LicenseState::kStateRollback:
      return "state_rollback";
    case LicenseState::kOfflineTooLong:
      return "offline_too_long";
    case LicenseState::kEmergency:
      return "emergency";
    case LicenseState::kNone:
      break;
  }
  return "none";
}

}  // namespace holdfast
