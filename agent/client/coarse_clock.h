// The library's clock: what passes while the machine runs (CLOCK_MONOTONIC_COARSE), some milliseconds behind at most. It is read in the vDSO,
// without a system call, in a few nanoseconds; nobody can set it, and no license is judged by it.
#pragma once

#include <time.h>

#include <chrono>

namespace holdfast::client {

struct CoarseClock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<CoarseClock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return time_point(duration(int64_t{t.tv_sec} * 1000 + t.tv_nsec / 1'000'000));
  }
};

using Moment = CoarseClock::time_point;
using Milliseconds = CoarseClock::duration;
using Deadline = Moment;  // absolute: however an answer drips, nothing waits beyond it

}  // namespace holdfast::client
