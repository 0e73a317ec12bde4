// What can be said of a file of ours without any key: for the administrator who wants to read every octet
// that leaves the site. Hostile files are fine; preambles are not looked at; nothing that is said here is
// verified unless the words say so.
#pragma once

#include "protocol/strict_json.h"

namespace holdfast::inspect {

// { "kind": "request", "summary": "<a sentence>", ... }: docs/cli-json.md has the kinds and their members.
// Check: inspect.unknown, or that of the parser for what the file claims to be.
inline constexpr size_t kMaxInspected = 4 * 1024 * 1024;  // the largest of our files: EK roots
Result<Json> Inspect(std::string_view file_text);

// The same for people, safe for a terminal: one "name: value" line for each member, indented.
std::string Describe(const Json& inspected);

}  // namespace holdfast::inspect
