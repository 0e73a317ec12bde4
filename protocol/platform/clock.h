// The only place that reads the system clock. Everything else is handed a Time or a Clock.
#pragma once

#include <functional>

#include "protocol/time.h"

namespace holdfast {

using Clock = std::function<Time()>;
Clock SystemClock();

}  // namespace holdfast
