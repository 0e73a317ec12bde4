// The target of a request (RFC 9112, 3.2.1, origin form; RFC 3986): path and query, taken apart and decoded. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/result.h"

namespace holdfast::api {

struct Target {
  std::vector<std::string> path;             // its segments: "/a/b" is "a", "b"
  std::map<std::string, std::string> query;  // "?name=value&..."
};
// Checks: http.target (no path from the root, a fragment, a percent sign without two hexadecimal digits, a member of the query that has no name or comes twice).
Result<Target> ParseTarget(std::string_view text);

}  // namespace holdfast::api
