#include "protocol/display_text.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

namespace holdfast {

std::optional<char32_t> TakeCharacter(std::string_view& text) {
  const auto first = static_cast<uint8_t>(text[0]);
  const size_t size = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (size == 0 || first > 0xf4 || text.size() < size) return std::nullopt;
  char32_t character = size == 1 ? first : first & (0xffu >> (size + 1));
  for (size_t i = 1; i < size; i++) {
    const auto next = static_cast<uint8_t>(text[i]);
    if ((next & 0xc0) != 0x80) return std::nullopt;
    character = character << 6 | (next & 0x3f);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (character < kSmallest[size] || character > 0x10ffff || (character >= 0xd800 && character < 0xe000))
    return std::nullopt;
  text.remove_prefix(size);
  return character;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty())
    if (!TakeCharacter(text)) return false;
  return true;
}

bool IsMisleading(char32_t c) {
  constexpr std::pair<char32_t, char32_t> kRanges[] = {
      {0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x061c, 0x061c}, {0x180e, 0x180e},
      {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}};
  return std::any_of(std::begin(kRanges), std::end(kRanges),
                     [c](const auto& range) { return c >= range.first && c <= range.second; });
}

bool IsDisplayText(std::string_view text, size_t max_size) {
  if (text.size() > max_size) return false;
  while (!text.empty()) {
    const auto character = TakeCharacter(text);
    if (!character || IsMisleading(*character)) return false;
  }
  return true;
}

std::string Quotable(std::string_view text) {
  constexpr size_t kMaxQuote = 64;
  std::string quoted;
  for (size_t taken = 0; !text.empty();) {
    std::string_view rest = text;
    const auto character = TakeCharacter(rest);
    if (!character) rest.remove_prefix(1);
    const size_t size = text.size() - rest.size();
    if ((taken += size) > kMaxQuote) break;
    quoted += character && !IsMisleading(*character) ? text.substr(0, size) : "?";
    text = rest;
  }
  return quoted;
}

}  // namespace holdfast
