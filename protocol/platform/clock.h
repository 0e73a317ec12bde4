// The only place that reads the system's clocks. Everything else is handed a Time, a Clock or an Uptime.
#pragma once

#include <functional>

#include "protocol/time.h"

namespace holdfast {

using Clock = std::function<Time()>;
Clock SystemClock();

// Milliseconds since the machine was started, its suspension included; nobody can set it (CLOCK_BOOTTIME).
using Uptime = std::function<std::chrono::milliseconds()>;
Uptime SystemUptime();

}  // namespace holdfast
