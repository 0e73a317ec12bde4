#include "protocol/platform/clock.h"

namespace holdfast {

Clock SystemClock() {
  return [] { return std::chrono::floor<Seconds>(std::chrono::system_clock::now()); };
}

}  // namespace holdfast
