// The decision, a pure function: everything that can go wrong is an input. A Decision lists every reason,
// from one documented enumeration (docs/enforcement.md), and each says what to do about it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "certs/path.h"

namespace holdfast {

enum class Reason {
  kActive,           // informational: nothing wrong
  kExpiring,         // warning
  kGrace,            // warning: expired, but within expiry_grace
  kFallbackEdition,  // the fallback edition's grants apply
  kExpired,          // expired, no fallback
  kNotYetValid,
  kRevoked,
  kSuspended,            // revoked with certificateHold
  kWrongHardware,        // the license key is not in this TPM
  kHardwareUnavailable,  // the TPM cannot be asked now
  kRetired,              // the gate was incremented
  kTampered,             // license file does not verify
  kNoLicense,
  kFeatureNotGranted,
  kUnknownFeature,
  kUnknownLimit,
  kLimitReached,
  // Named now, raised by the parts of C9 to C13 that come next:
  kClockSetBack,
  kStateRollback,
  kOfflineTooLong,
  kRevocationStale,
};
std::string_view ReasonName(Reason reason);    // "active", "expiring", ... snake case
std::string_view ReasonAdvice(Reason reason);  // what the administrator does

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
  kNone
};
std::string_view StateName(LicenseState state);

enum class HardwareProof { kProven, kWrongHardware, kRetired, kUnavailable };

// One installed license as the agent sees it now.
struct LicenseView {
  std::string product;                      // from the file's place, also when it does not verify
  std::optional<VerifiedLicense> verified;  // absent: tampered
  std::string fault;                        // why it does not verify
  HardwareProof hardware = HardwareProof::kUnavailable;
};

struct Standing {  // of one license, before any question about a feature
  LicenseState state = LicenseState::kNone;
  std::vector<Reason> reasons;     // every one that holds, most serious first
  const Grants* grants = nullptr;  // what applies now; nullptr: nothing. Points into the view
  std::optional<Time> expires;
  std::optional<int64_t> days_left;  // whole days to `expires`, negative after
};
Standing Assess(const LicenseView& view, Time now);

struct Decision {
  bool allowed = false;
  std::vector<Reason> reasons;
  LicenseState state = LicenseState::kNone;
  std::string edition;
  std::optional<FeatureValue> value;  // of the feature
  std::optional<int64_t> max, used;   // of the limit
  std::optional<Time> expires;
  std::optional<int64_t> days_left;
};
Decision DecideFeature(const LicenseView& view, Time now, std::string_view feature);
// May `amount` more be taken when `used` is held already?
Decision DecideLimit(const LicenseView& view, Time now, std::string_view limit, int64_t used, int64_t amount);

}  // namespace holdfast
