// Bounded big-endian reading and writing, as TPM 2.0 Part 1 (11.2) and our own frames need it.
// A Reader never reads past its end: after the first short read it is failed() for good and yields zeros,
// so a parser may read a whole structure and ask once.
#pragma once

#include "protocol/bytes.h"

namespace holdfast {

class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}
  uint8_t U8();
  uint16_t U16();
  uint32_t U32();
  uint64_t U64();
  ByteView Take(size_t n);  // n octets, or an empty view and failed()
  ByteView Sized16();       // u16 length, then that many octets (TPM2B)
  bool failed() const { return failed_; }
  bool AtEnd() const { return !failed_ && rest_.empty(); }  // consumed exactly
  size_t remaining() const { return rest_.size(); }

 private:
  ByteView rest_;
  bool failed_ = false;
};

class Writer {
 public:
  Writer& U8(uint8_t v);
  Writer& U16(uint16_t v);
  Writer& U32(uint32_t v);
  Writer& U64(uint64_t v);
  Writer& Raw(ByteView bytes);
  Writer& Sized16(ByteView bytes);  // precondition: bytes.size() <= 65535
  Bytes Take() { return std::move(bytes_); }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

}  // namespace holdfast
