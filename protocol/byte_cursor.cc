#include "protocol/byte_cursor.h"

namespace holdfast {

ByteView Reader::Take(size_t n) {
  if (failed_ || rest_.size() < n) {
    failed_ = true;
    return {};
  }
  ByteView taken = rest_.first(n);
  rest_ = rest_.subspan(n);
  return taken;
}

static uint64_t BigEndian(ByteView bytes) {
  uint64_t value = 0;
  for (uint8_t b : bytes) value = value << 8 | b;
  return value;
}

uint8_t Reader::U8() {
  return static_cast<uint8_t>(BigEndian(Take(1)));
}
uint16_t Reader::U16() {
  return static_cast<uint16_t>(BigEndian(Take(2)));
}
uint32_t Reader::U32() {
  return static_cast<uint32_t>(BigEndian(Take(4)));
}
uint64_t Reader::U64() {
  return BigEndian(Take(8));
}
ByteView Reader::Sized16() {
  return Take(U16());
}

static void PutBigEndian(Bytes& to, uint64_t value, int octets) {
  for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8)
    to.push_back(static_cast<uint8_t>(value >> shift));
}

Writer& Writer::U8(uint8_t v) {
  return PutBigEndian(bytes_, v, 1), *this;
}
Writer& Writer::U16(uint16_t v) {
  return PutBigEndian(bytes_, v, 2), *this;
}
Writer& Writer::U32(uint32_t v) {
  return PutBigEndian(bytes_, v, 4), *this;
}
Writer& Writer::U64(uint64_t v) {
  return PutBigEndian(bytes_, v, 8), *this;
}
Writer& Writer::Raw(ByteView bytes) {
  return Append(bytes_, bytes), *this;
}
Writer& Writer::Sized16(ByteView bytes) {
  return U16(static_cast<uint16_t>(bytes.size())).Raw(bytes);
}

}  // namespace holdfast
