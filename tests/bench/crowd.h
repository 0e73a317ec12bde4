// Many processes that each check a feature at a steady rate.
#pragma once

#include "agent/client/holdfast.h"

namespace holdfast::bench {

struct Crowd {
  double check;  // seconds: the median over the processes of each one's median
  double rate;   // checks a second that a process got done, on average
};

inline constexpr int kChecksPerSecond = 10'000;  // of each process

// Forks them, has each open a handle of its own with `options`, and lets all check `feature` for two seconds. Ends this process when one of them fails.
Crowd RunCrowd(int processes, const holdfast_options& options, const char* feature);

}  // namespace holdfast::bench
