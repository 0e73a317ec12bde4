#pragma once

#include <string>

#include "protocol/time.h"

namespace holdfast::vendor {

// How long for people, rounded down: "300 days", "5 hours", "less than an hour".
std::string LengthWords(Seconds length);

}  // namespace holdfast::vendor
