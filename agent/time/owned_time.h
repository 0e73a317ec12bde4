// The one component that owns "now" (docs/time.md). The administrator of this machine can set its clock to anything; what he cannot do
// is to make time that has passed not have passed: `floor` is the latest point in time that is known to be over, and now is the
// later one of the wall clock and the floor.
//
// What raises the floor:
//   - time that passes while we run, by the clock that counts from the machine's start and through its suspension (CLOCK_BOOTTIME);
//   - time that passed between two runs, by the TPM's clock, which no command sets back and which runs while the machine is powered;
//   - signed times: a revocation list's thisUpdate is a moment at which the vendor's clock stood;
//   - the wall clock, but only as far as `headroom` reaches: a day, filled up again as time passes. So a clock that is set
//     years ahead by accident moves the floor by a day, then at most at double speed, and is not missed when it is set right.
//
// What lowers it: the vendor's word, and nothing else (repaired_time.h).
//
// OwnedTime is thread safe. The rest is pure.
#pragma once

#include <mutex>
#include <optional>

#include "protocol/platform/clock.h"
#include "protocol/tpm/structures.h"

namespace holdfast {

using Milliseconds = std::chrono::milliseconds;

// How far the wall clock alone may move the floor at once.
inline constexpr Seconds kFullHeadroom = std::chrono::hours(24);
// A wall clock this far behind the floor was set back. What is less is an honest clock being put right: the real-time clock in local
// time until NTP is heard (14 hours), or a floor that a wrong clock moved by its headroom. Nothing is gained by it, as now is the floor.
inline constexpr Seconds kSetBackTolerance = std::chrono::hours(25);
// A wall clock this far ahead of the floor is wrong, or the machine was off for that long.
inline constexpr Seconds kFarAhead = std::chrono::hours(30 * 24);
// No honest clock shows less; a machine without battery starts in 1970 or in the year of its firmware.
inline constexpr Time kOldestPlausible = std::chrono::sys_days(std::chrono::year(2025) / 1 / 1);

enum class ClockState {
  kGood,
  kSetBack,  // more than kSetBackTolerance behind the floor
  kUnset,  // the same, and it shows a time before kOldestPlausible: its battery is empty, or it was never set
  kAhead,  // more than kFarAhead ahead of the floor
};
std::string_view ClockStateName(ClockState state);  // "good", "set_back", "unset", "ahead"

// What is kept from one run to the next, in the ledger.
struct TimeRecord {
  Time floor;
  Time signed_until;                  // the latest signed time that was seen
  Seconds headroom = kFullHeadroom;   // what is left of it
  std::optional<tpm::ClockInfo> tpm;  // the TPM's clock when the record was made
  // Counts the time that has passed for certain, by the first two of the sources above: at least so much passed between two records.
  Seconds passed{0};
};

// How the TPM's clock came from `then` to `now`.
enum class TpmClockEvent {
  kSameBoot,   // the TPM was not reset since
  kResumed,    // suspended and resumed (TPM2_Shutdown(STATE))
  kRestarted,  // the machine was restarted
  kPowerCut,   // it lost at most what a TPM loses when power is cut (Part 1, 36: 2^22 ms)
  kReset,      // it went back further: cleared, or another TPM
};
std::string_view TpmClockEventName(
    TpmClockEvent event);  // "same_boot", "resumed", "restarted", "power_cut", "reset"
struct TpmProgress {
  TpmClockEvent event = TpmClockEvent::kReset;
  // At least this much time has passed. A TPM's clock may be wrong by some percent: an eighth is taken off.
  Milliseconds passed{0};
};
TpmProgress ProgressBetween(const tpm::ClockInfo& then, const tpm::ClockInfo& now);

struct TimeReading {
  Time now, wall;
  Time floor;  // what must not be gained by a wrong clock begins by this: a meter's next period
  ClockState clock = ClockState::kGood;
  Seconds passed{0};  // TimeRecord::passed
};

class OwnedTime {
 public:
  // Nothing is known to be over before the first signed time or record: until then now is the wall clock.
  OwnedTime(Clock wall, Uptime uptime);

  // Of a list that is verified. A time that was seen before has no effect.
  void SeeSigned(Time signed_time);
  // A record of an earlier run, and the TPM's clock now when both are of the same TPM. Nothing is lowered by it.
  std::optional<TpmClockEvent> Adopt(const TimeRecord& record, const std::optional<tpm::ClockInfo>& tpm);

  // In place of what was known, as of `repaired`, a record of this process that was put right.
  void Repair(const TimeRecord& repaired);

  TimeReading Read();
  Time Now() { return Read().now; }
  TimeRecord Record(const std::optional<tpm::ClockInfo>& tpm);

 private:
  void Advance();  // the lock is held
  const Clock wall_;
  const Uptime uptime_;
  std::mutex mutex_;
  Milliseconds last_uptime_;
  Milliseconds rest_{0};  // of a second
  Seconds passed_{0};
  Time wall_now_;
  std::optional<Time> floor_;  // nothing is known before the first signed time or record
  Time signed_until_;
  Seconds headroom_ = kFullHeadroom;
  bool adopted_ = false;
};

}  // namespace holdfast
