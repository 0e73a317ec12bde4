// What the command-line programs print, and what they read and write for their user.
#pragma once

#include "protocol/platform/files.h"
#include "protocol/strict_json.h"

namespace holdfast::cli {

inline constexpr int kExitDone = 0, kExitError = 1, kExitUsage = 2, kExitDenied = 3;
int ExitCodeFor(ErrorKind kind);

// The error with the file's name before its message: "FILE: what happened". What is malformed or refused, and nobody has said what to do about it,
// gets an advice.
Error About(std::string_view file, Error error);
template <class T>
Result<T> About(std::string_view file, Result<T> result) {
  if (!result) return tl::unexpected(About(file, std::move(result.error())));
  return result;
}

// "holdfast: FILE: what happened (check.name). What to do." and a newline.
std::string FormatError(std::string_view program, const Error& error);
// The other way: what a program of ours wrote to standard error last. The message may have several lines. Nothing when it has
// another form, as after a crash.
std::optional<Error> ParseFormattedError(std::string_view program, std::string_view text, ErrorKind kind);
Json ErrorJson(const Error& error);  // { "error": { kind, check, message, advice } }

// The text with control characters, and octets that are not UTF-8, as \xNN: what a hostile file says must not
// move the cursor of a terminal. Newlines and tabs too.
std::string Printable(std::string_view text);

// Two columns, "name" padded; for people.
std::string Line(std::string_view name, std::string_view value);
void Print(const Json& json);  // to stdout, indented, with a newline

// "-" is standard input. A file that is too large is refused before it is read.
Result<std::string> ReadInput(const Path& file, size_t max_size);

}  // namespace holdfast::cli
