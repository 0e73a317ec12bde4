// Points in time and lengths of time as our files spell them. All times are UTC with a resolution of one
// second.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "protocol/result.h"

namespace holdfast {

using Time = std::chrono::sys_seconds;
using Seconds = std::chrono::seconds;

// RFC 3339 in exactly the form 2026-11-22T06:00:00Z, years 1970 to 9999.
std::string FormatTime(Time time);
Result<Time> ParseTime(std::string_view text);  // check: time.format

// A count and one unit: "90s", "15m", "12h", "30d" (a day is 86,400 s). Largest unit that divides when
// formatted. At most 36,500d.
std::string FormatDuration(Seconds length);
Result<Seconds> ParseDuration(std::string_view text);  // check: duration.format

}  // namespace holdfast
