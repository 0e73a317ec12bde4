// What the compact serializations of JWS and JWE share: splitting into base64url parts.
#pragma once

#include <string_view>
#include <vector>

#include "protocol/bytes.h"

namespace holdfast {

// The parts between dots, exactly `count`, or an empty vector.
std::vector<std::string_view> SplitCompact(std::string_view compact, size_t count);

}  // namespace holdfast
