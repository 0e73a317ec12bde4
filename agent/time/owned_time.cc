#include "agent/time/owned_time.h"

#include <algorithm>

namespace holdfast {
namespace {

// TPM 2.0 Part 1, 36.3.3: after a power cut Clock may be behind by as much as it advances between two writes to NV, at most 2^22 ms.
constexpr uint64_t kMostLostMs = uint64_t{1} << 22;
constexpr uint64_t kLongestMs = uint64_t{100} * 366 * 86'400'000;  // what no machine is powered for

ClockState Judge(Time wall, Time floor) {
  if (wall < floor - kSetBackTolerance)
    return wall < kOldestPlausible ? ClockState::kUnset : ClockState::kSetBack;
  return wall > floor + kFarAhead ? ClockState::kAhead : ClockState::kGood;
}

}  // namespace

std::string_view ClockStateName(ClockState state) {
  switch (state) {
    case ClockState::kGood:
      break;
    case ClockState::kSetBack:
      return "set_back";
    case ClockState::kUnset:
      return "unset";
    case ClockState::kAhead:
      return "ahead";
  }
  return "good";
}

std::string_view TpmClockEventName(TpmClockEvent event) {
  switch (event) {
    case TpmClockEvent::kSameBoot:
      return "same_boot";
    case TpmClockEvent::kResumed:
      return "resumed";
    case TpmClockEvent::kRestarted:
      return "restarted";
    case TpmClockEvent::kPowerCut:
      return "power_cut";
    case TpmClockEvent::kReset:
      break;
  }
  return "reset";
}

TpmProgress ProgressBetween(const tpm::ClockInfo& then, const tpm::ClockInfo& now) {
  const bool reset = now.reset_count != then.reset_count;
  if (now.reset_count < then.reset_count || (!reset && now.restart_count < then.restart_count)) return {};
  if (now.clock_ms < then.clock_ms) {
    const bool power_cut = reset && then.clock_ms - now.clock_ms <= kMostLostMs;
    return {power_cut ? TpmClockEvent::kPowerCut : TpmClockEvent::kReset};
  }
  const uint64_t ms = std::min(now.clock_ms - then.clock_ms, kLongestMs);
  TpmProgress progress{TpmClockEvent::kSameBoot, Milliseconds(ms - ms / 8)};
  if (reset) {
    progress.event = TpmClockEvent::kRestarted;
  } else if (now.restart_count != then.restart_count) {
    progress.event = TpmClockEvent::kResumed;
  }
  return progress;
}

OwnedTime::OwnedTime(Clock wall, Uptime uptime)
    : wall_(std::move(wall)), uptime_(std::move(uptime)), last_uptime_(uptime_()), wall_now_(wall_()) {}

void OwnedTime::Advance() {
  const Milliseconds uptime = uptime_();
  rest_ += std::max(uptime - last_uptime_, Milliseconds(0));
  last_uptime_ = uptime;
  const Seconds passed = std::chrono::floor<Seconds>(rest_);
  rest_ -= passed;
  passed_ += passed;
  wall_now_ = wall_();
  headroom_ = std::min(headroom_ + passed, kFullHeadroom);
  if (!floor_) return;
  *floor_ += passed;
  const Seconds raise = std::clamp(wall_now_ - *floor_, Seconds(0), headroom_);
  *floor_ += raise;
  headroom_ -= raise;
}

void OwnedTime::SeeSigned(Time signed_time) {
  const std::lock_guard lock(mutex_);
  Advance();
  if (signed_time <= signed_until_) return;
  signed_until_ = signed_time;
  floor_ = std::max(floor_.value_or(signed_time), signed_time);
  Advance();
}

std::optional<TpmClockEvent> OwnedTime::Adopt(const TimeRecord& record,
                                              const std::optional<tpm::ClockInfo>& tpm) {
  const std::lock_guard lock(mutex_);
  Advance();
  std::optional<TpmProgress> progress;
  if (record.tpm && tpm) progress = ProgressBetween(*record.tpm, *tpm);
  const Seconds passed = progress ? std::chrono::floor<Seconds>(progress->passed) : Seconds(0);
  // What the wall clock raised before, above a list's date, was by the headroom that the record has: it does not count twice.
  floor_ = std::max(adopted_ && floor_ ? *floor_ : signed_until_, record.floor + passed);
  adopted_ = true;
  passed_ = std::max(passed_, record.passed + passed);
  signed_until_ = std::max(signed_until_, record.signed_until);
  // A restart of this process does not fill it up; one of the machine does.
  const bool same_boot = progress && progress->event == TpmClockEvent::kSameBoot;
  headroom_ = same_boot ? std::min(record.headroom + passed, kFullHeadroom) : kFullHeadroom;
  Advance();
  if (!progress) return std::nullopt;
  return progress->event;
}

void OwnedTime::Repair(const TimeRecord& repaired) {
  const std::lock_guard lock(mutex_);
  Advance();
  floor_ = repaired.floor + (passed_ - repaired.passed);
  signed_until_ = repaired.signed_until;
  headroom_ = repaired.headroom;
  Advance();
}

TimeReading OwnedTime::Read() {
  const std::lock_guard lock(mutex_);
  Advance();
  const Time floor = floor_.value_or(wall_now_);
  return {std::max(wall_now_, floor), wall_now_, floor, Judge(wall_now_, floor), passed_};
}

TimeRecord OwnedTime::Record(const std::optional<tpm::ClockInfo>& tpm) {
  const std::lock_guard lock(mutex_);
  Advance();
  return {floor_.value_or(wall_now_), signed_until_, headroom_, tpm, passed_};
}

}  // namespace holdfast
