#include "protocol/base64.h"

#include <array>

namespace holdfast {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<int8_t, 256> Inverse(std::string_view alphabet) {
  std::array<int8_t, 256> table{};
  table.fill(-1);
  for (size_t i = 0; i < alphabet.size(); i++)
    table[static_cast<uint8_t>(alphabet[i])] = static_cast<int8_t>(i);
  return table;
}
constexpr auto kStandardInverse = Inverse(kStandard);
constexpr auto kUrlInverse = Inverse(kUrl);

std::string Encode(ByteView bytes, std::string_view alphabet) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  uint32_t bits = 0;
  int count = 0;
  for (uint8_t b : bytes) {
    bits = bits << 8 | b;
    for (count += 8; count >= 6; count -= 6) text += alphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) text += alphabet[bits << (6 - count) & 63];
  return text;
}

// `text` without padding.
Result<Bytes> Decode(std::string_view text, const std::array<int8_t, 256>& inverse, std::string_view check) {
  if (text.size() % 4 == 1) return Malformed(check, "a base64 text of impossible length");
  Bytes bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    const int value = int{inverse[static_cast<uint8_t>(c)]};
    if (value < 0) return Malformed(check, "a character outside the base64 alphabet");
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<uint8_t>(bits >> count));
    }
  }
  if ((bits & ((1u << count) - 1)) != 0) return Malformed(check, "base64 with unused bits set");
  return bytes;
}

}  // namespace

std::string Base64Encode(ByteView bytes) {
  std::string text = Encode(bytes, kStandard);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

Result<Bytes> Base64Decode(std::string_view text) {
  if (text.size() % 4 != 0) return Malformed("bytes.base64", "a base64 text of impossible length");
  for (int i = 0; i < 2 && text.ends_with('='); i++) text.remove_suffix(1);
  return Decode(text, kStandardInverse, "bytes.base64");
}

std::string Base64UrlEncode(ByteView bytes) {
  return Encode(bytes, kUrl);
}

Result<Bytes> Base64UrlDecode(std::string_view text) {
  return Decode(text, kUrlInverse, "bytes.base64url");
}

}  // namespace holdfast
