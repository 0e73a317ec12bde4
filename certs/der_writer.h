// A writer of DER (ITU-T X.690) for the few structures that we issue. Lengths are put in when a constructed
// element closes, so one pass and one buffer suffice: a certificate costs a few microseconds.
#pragma once

#include "protocol/bytes.h"
#include "protocol/time.h"

namespace holdfast {

namespace der {
inline constexpr uint8_t kBoolean = 0x01, kInteger = 0x02, kBitString = 0x03, kOctetString = 0x04,
                         kOid = 0x06, kEnumerated = 0x0a, kUtf8String = 0x0c, kUtcTime = 0x17,
                         kGeneralizedTime = 0x18, kSequence = 0x30, kSet = 0x31;
// Context-specific tags [0] to [30].
constexpr uint8_t Implicit(uint8_t number) {
  return static_cast<uint8_t>(0x80 | number);
}
constexpr uint8_t Explicit(uint8_t number) {
  return static_cast<uint8_t>(0xa0 | number);
}
}  // namespace der

class DerWriter {
 public:
  DerWriter() { der_.reserve(1024); }

  void Element(uint8_t tag, ByteView content);
  void Element(uint8_t tag, std::string_view content) { Element(tag, AsBytes(content)); }
  void Raw(ByteView der) { Append(der_, der); }  // whole elements, as they are

  // The element around everything that `body` writes.
  template <class Body>
  void Constructed(uint8_t tag, Body body) {
    const size_t mark = Open(tag);
    body();
    Close(mark);
  }
  template <class Body>
  void Sequence(Body body) {
    Constructed(der::kSequence, body);
  }
  void UnsignedInteger(ByteView big_endian);  // non-empty; leading zeros are removed
  void UnsignedInteger(uint64_t value);
  void BitString(ByteView octets);  // no unused bits
  // RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. From 1970 to 9999.
  void ValidityTime(Time time);

  Bytes Take() { return std::move(der_); }

 private:
  size_t Open(uint8_t tag);
  void Close(size_t mark);
  Bytes der_;
};

}  // namespace holdfast
