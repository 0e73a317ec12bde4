// The decision, a pure function: everything that can go wrong is an input. A Decision lists every reason,
// from one documented enumeration (docs/enforcement.md), and each says what to do about it.
//
// Boundaries, all inclusive and in whole seconds: from valid_from; active up to `expires`; grace up to
// expires + expiry_grace, which is the certificate's notAfter; then the fallback edition, or nothing.
// The vendor must be heard of once in every offline_window (0: never), by a certificate, which is kLicenseBackdating younger than its
// notBefore says, or a heartbeat answer; who is late has the same grace,
// and then the fallback edition, or nothing, until the next answer.
// While a voucher of the license's is in use, what time alone has ended is granted all the same (kEmergency); and while a repair is asked for,
// for a while, what the hardware denies.
// An advisory license denies nothing: what would have been denied is allowed, with all reasons and kAdvisory. Only a license that is not genuine
// is none.
// A clock that was set back and a ledger that was set back are states or warnings, as the license's policies say.
// Only the passing of time leads to the fallback edition. A license that is revoked, suspended, retired, not
// genuine or not at home on this hardware grants nothing (docs/decisions/0073).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/time/owned_time.h"
#include "certs/path.h"

namespace holdfast {

enum class Reason {
  kActive,           // informational: nothing wrong; never together with another
  kExpiring,         // warning
  kGrace,            // warning: expired, but within expiry_grace
  kFallbackEdition,  // warning: the fallback edition's grants apply
  kExpired,          // expired, no fallback
  kNotYetValid,
  kRevoked,
  kSuspended,            // revoked with certificateHold
  kWrongHardware,        // the license key is not in this TPM, or this is not the licensed host
  kHardwareUnavailable,  // the TPM cannot be asked now, or the ledger that is kept with it
  kRetired,              // the gate was incremented
  kTampered,             // license file does not verify
  kNoLicense,
  kFeatureNotGranted,
  kUnknownFeature,
  kUnknownLimit,
  kUnknownKey,
  kKeyNotGranted,
  kCallerExcluded,  // the terms let others use the limit
  kLimitReached,
  kOverage,  // warning: above the limit, within the overage that the terms allow
  kClockSetBack,  // the wall clock is behind the time that is known to have passed; a warning where the policy says so
  kStateRollback,  // the ledger is not the one that the license was used with; a warning where the policy says so
  kClockAhead,  // warning: the wall clock is far ahead of the time that is known to have passed
  kOfflineTooLong,  // the vendor was not heard of within the offline window and grace: the fallback edition, or nothing
  kOfflineGrace,     // warning: not within the offline window, but within grace
  kHeartbeatDue,     // warning: the offline window ends soon
  kEmergency,        // warning: granted by a voucher that is in use, or while a repair is asked for
  kAdvisory,         // warning: it would have been denied, and the license denies nothing
  kRevocationStale,  // named, and never raised yet
};
inline constexpr int kReasonCount = static_cast<int>(Reason::kRevocationStale) + 1;
std::string_view ReasonName(Reason reason);    // "active", "expiring", ... snake case
std::string_view ReasonAdvice(Reason reason);  // what the administrator does; a sentence without final period
void SortBySeriousness(std::vector<Reason>& reasons);  // most serious first, no duplicates

enum class LicenseState {
  kActive,
  kExpiring,
  kGrace,
  kFallback,
  kNotYetValid,
  kExpired,
  kRevoked,
  kSuspended,
  kWrongHardware,
  kHardwareUnavailable,
  kRetired,
  kTampered,
  kClockSetBack,
  kStateRollback,
  kOfflineTooLong,
  kEmergency,
  kNone
};
std::string_view StateName(LicenseState state);

enum class HardwareProof { kProven, kWrongHardware, kRetired, kUnavailable };

// How the ledger stands to a license.
enum class LedgerStanding {
  kGood,
  kRolledBack,  // it is not the one that the license was used with
  kUnknown,     // a license in the TPM is used with none: it could not be read, or not be made anew, yet
};

// A while that is granted once. It runs until its end, and not longer than its length by the time that passes for certain; and not when time
// is before its beginning, which a wrong clock gave it.
struct GrantedPeriod {
  Time from, until;
  Seconds passed{0};  // TimeReading::passed at its beginning
};

// A hard meter as the TPM has it.
struct HardCount {
  std::optional<int64_t> used = {};  // absent: not read
  bool lost = false;                 // it is not the meter that was charged: no unit is granted
  std::string fault = {};            // why it is not read, or lost
};

// One installed license as the agent sees it now.
struct LicenseView {
  std::string product;                      // from the file's place, also when it does not verify
  std::optional<VerifiedLicense> verified;  // absent: tampered
  std::string fault;                        // why it does not verify, cannot be read, or cannot be proven
  HardwareProof hardware = HardwareProof::kUnavailable;
  // Class host: components of the fingerprint that are not as licensed. Too many of them are kWrongHardware.
  std::vector<std::string> differ = {};
  LedgerStanding ledger = LedgerStanding::kGood;  // by agent/ledger/books.h
  std::optional<GrantedPeriod> voucher = {};      // that was used last
  int vouchers_used = 0;
  std::optional<GrantedPeriod> repair = {};  // the emergency period of a repair
  HardCount hard_count = {};                 // where the terms have a meter that the TPM counts
  // Else the ledger was not read yet. Of a license in the TPM, which is of no use without it, the vendor then counts as heard of; class host, which is used
  // without one, has the certificate alone to show for it.
  bool contact_known = true;
  std::optional<Time> contact = {};  // when the vendor made the last heartbeat answer that was applied
};

// What the host says of itself at the moment of a question.
struct Situation {
  Time now;  // owned: never before what was now once
  ClockState clock = ClockState::kGood;
  Seconds passed{0};
  // NOLINTBEGIN(google-explicit-constructor): a time is a situation where all is well
  Situation(Time time, ClockState clock_state = ClockState::kGood) : now(time), clock(clock_state) {}
  Situation(const TimeReading& time) : now(time.now), clock(time.clock), passed(time.passed) {}
  // NOLINTEND(google-explicit-constructor)
};
bool IsRunning(const GrantedPeriod& period, const Situation& situation);
// As much of it as the license's terms give: what is on record was written by the terms of then.
GrantedPeriod AtMost(GrantedPeriod period, Seconds length);

struct Standing {  // of one license, before any question about a feature
  LicenseState state = LicenseState::kNone;
  std::vector<Reason> reasons;     // every one that holds, most serious first
  const Grants* grants = nullptr;  // what applies now; nullptr: nothing. Points into the view
  std::optional<Time> expires;
  std::optional<int64_t> days_left;     // whole days to `expires`, negative after
  std::optional<Time> emergency_until;  // in the state kEmergency
  std::optional<Time> heard_by;         // when the vendor must be heard of again at the latest
};
// Is it one that a voucher helps out of? What the vendor or the hardware says stands.
bool IsForVouchers(LicenseState state);
// The end of the offline window; nothing where it has none. The license must be verified.
std::optional<Time> HeardBy(const LicenseView& view);
// When kHeartbeatDue begins before that: a quarter of the window, and not before the first warning of the license.
Seconds HeartbeatNotice(const LicenseTerms& terms);
Standing Assess(const LicenseView& view, const Situation& situation);

struct Decision {
  bool allowed = false;
  std::vector<Reason> reasons;  // most serious first
  LicenseState state = LicenseState::kNone;
  std::string edition;
  std::optional<FeatureValue> value;  // of the feature, when it is granted
  std::optional<int64_t> max, used;   // of the limit
  std::optional<Time> expires;
  std::optional<int64_t> days_left;
};
Decision DecideFeature(const LicenseView& view, const Situation& situation, std::string_view feature);
// May `amount` more be taken when `used` is held already? amount 0 asks about the limit as such.
// Precondition: used >= 0, amount >= 0.
Decision DecideLimit(const LicenseView& view, const Situation& situation, std::string_view limit,
                     int64_t used, int64_t amount);
// Of a limit that the terms do not let the caller use (caller.h).
Decision DecideExcluded(const LicenseView& view, const Situation& situation, std::string_view limit);
// Of a content key. One that the license names in no edition is denied by a license that only advises, too.
Decision DecideKey(const LicenseView& view, const Situation& situation, std::string_view key);
// What a license that only advises makes of a decision; any other license leaves it as it is.
Decision Advised(const LicenseView& view, Decision decision);
Decision DecideWithoutLicense();  // nothing is installed

// The most that may be held at once: max and the overage on top, never more than INT64_MAX.
int64_t Ceiling(const Limit& limit);

}  // namespace holdfast
