// Octet strings and their hexadecimal form.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/result.h"

namespace holdfast {

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;

inline ByteView AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes ToBytes(ByteView view) {
  return {view.begin(), view.end()};
}
inline Bytes ToBytes(std::string_view text) {
  return ToBytes(AsBytes(text));
}
inline void Append(Bytes& to, ByteView more) {
  to.insert(to.end(), more.begin(), more.end());
}
// Not constant time: for public values only. Secrets are compared by Secret::Equals.
bool Equal(ByteView a, ByteView b);

std::string HexEncode(ByteView bytes);           // lower case, no separators
Result<Bytes> HexDecode(std::string_view text);  // either case; odd length or another character: bytes.hex

}  // namespace holdfast
