// Text that people read: names, host facts, feature values. It may be shown on a terminal as it is.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

// Takes one character of well-formed UTF-8 (RFC 3629: shortest form, no surrogates) off `text`, which is not
// empty. Nothing, and `text` as it was, when it does not begin with one.
std::optional<char32_t> TakeCharacter(std::string_view& text);
bool IsUtf8(std::string_view text);

// What does something to the text around it, or nothing that can be seen: control characters (U+0000 to U+001F,
// U+007F to U+009F), line and paragraph separators, what changes the direction of writing, and characters of no
// width (U+00AD, U+061C, U+180E, U+200B to U+200F, U+2028 to U+202E, U+2060 to U+206F, U+FEFF, U+FFF9 to U+FFFB).
bool IsMisleading(char32_t character);

// At most `max_size` octets of UTF-8 and nothing misleading.
bool IsDisplayText(std::string_view text, size_t max_size);

// A foreign text as an error message may quote it: at most 64 octets, cut between characters, '?' for what is
// misleading or no UTF-8.
std::string Quotable(std::string_view text);

}  // namespace holdfast
