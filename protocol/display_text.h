// Text that people read: names, host facts, feature values. It may be shown on a terminal as it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast {

// The length of the well-formed UTF-8 character (RFC 3629) that begins `text`, which is not empty; 0 when there
// is none.
size_t Utf8Length(std::string_view text);
bool IsUtf8(std::string_view text);

// At most `max_size` octets and no control characters (U+0000 to U+001F, U+007F to U+009F). Expects UTF-8,
// which ParseJson has checked.
bool IsDisplayText(std::string_view text, size_t max_size);

// A foreign text (UTF-8) as an error message may quote it: at most 64 octets, cut between characters, control
// characters as '?'.
std::string Quotable(std::string_view text);

}  // namespace holdfast
