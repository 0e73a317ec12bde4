// JSON as we write it.
#pragma once

#include "protocol/strict_json.h"

namespace holdfast {

// On one line, or indented by `indent` spaces a level. What is not UTF-8, as file names may be, becomes U+FFFD: nlohmann's own
// default is to throw. Never throws.
std::string FormatJson(const Json& value, int indent = -1);

}  // namespace holdfast
