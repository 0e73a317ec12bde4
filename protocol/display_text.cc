#include "protocol/display_text.h"

#include <cstdint>

namespace holdfast {

size_t Utf8Length(std::string_view text) {
  const auto at = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0; };
  const uint8_t first = at(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (size_t i = 1; i < length; i++) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  const bool bad = (first == 0xe0 && at(1) < 0xa0) || (first == 0xed && at(1) > 0x9f) ||
                   (first == 0xf0 && at(1) < 0x90) || (first == 0xf4 && at(1) > 0x8f);
  return bad ? 0 : length;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool IsDisplayText(std::string_view text, size_t max_size) {
  if (text.size() > max_size) return false;
  for (size_t i = 0; i < text.size(); i++) {
    const auto octet = static_cast<unsigned char>(text[i]);
    if (octet < 0x20 || octet == 0x7f) return false;
    // U+0080 to U+009F are C2 80 to C2 9F; C2 is never a continuation octet.
    if (octet == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
  }
  return true;
}

std::string Quotable(std::string_view text) {
  constexpr size_t kMaxQuote = 64;
  size_t size = text.size();
  if (size > kMaxQuote) {
    // A continuation octet is 10xxxxxx: the cut is before the character that it belongs to.
    for (size = kMaxQuote; size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80;) size--;
  }
  std::string quoted;
  for (size_t i = 0; i < size; i++) {
    // One character at a time: U+0080 to U+009F have two octets.
    const size_t length = static_cast<unsigned char>(text[i]) == 0xc2 && i + 1 < size ? 2 : 1;
    const std::string_view character = text.substr(i, length);
    quoted += IsDisplayText(character, length) ? std::string(character) : "?";
    i += length - 1;
  }
  return quoted;
}

}  // namespace holdfast
