#include "protocol/platform/clock.h"

#include <ctime>

namespace holdfast {

Clock SystemClock() {
  return [] { return std::chrono::floor<Seconds>(std::chrono::system_clock::now()); };
}

Uptime SystemUptime() {
  return [] {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::milliseconds(int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000);
  };
}

}  // namespace holdfast
