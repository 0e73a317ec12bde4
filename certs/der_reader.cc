#include "certs/der_reader.h"

#include <array>

namespace holdfast {
namespace {

constexpr size_t kMaxLengthOctets = 3;

struct Header {
  size_t size, length;
};

// Tag and length at the beginning of `der`; nothing when they are not minimal or longer than what is there.
std::optional<Header> ReadHeader(ByteView der) {
  if (der.size() < 2 || (der[0] & 0x1f) == 0x1f) return std::nullopt;
  Header header{2, der[1]};
  if (der[1] >= 0x80) {
    const size_t octets = der[1] & 0x7f;
    if (octets == 0 || octets > kMaxLengthOctets || der.size() < 2 + octets || der[2] == 0)
      return std::nullopt;
    header = {2 + octets, 0};
    for (size_t i = 0; i < octets; i++) header.length = header.length << 8 | der[2 + i];
    if (header.length < 0x80) return std::nullopt;
  }
  if (header.length > der.size() - header.size) return std::nullopt;
  return header;
}

}  // namespace

ByteView DerReader::Whole(uint8_t tag) {
  const auto header = Next(tag) ? ReadHeader(rest_) : std::nullopt;
  if (!header) {
    ok_ = false;
    return {};
  }
  ByteView whole = rest_.first(header->size + header->length);
  rest_ = rest_.subspan(whole.size());
  return whole;
}

ByteView DerReader::Content(uint8_t tag) {
  const ByteView whole = Whole(tag);
  if (!ok_) return {};
  return whole.subspan(ReadHeader(whole)->size);
}

DerReader DerReader::Enter(uint8_t tag) {
  DerReader inside(Content(tag));
  inside.ok_ = ok_;
  return inside;
}

ByteView DerReader::UnsignedInteger() {
  ByteView number = Content(der::kInteger);
  if (!ok_) return {};
  const bool padded = number.size() > 1 && number[0] == 0;
  if (number.empty() || (number[0] & 0x80) != 0 || (padded && (number[1] & 0x80) == 0)) {
    ok_ = false;
    return {};
  }
  return padded ? number.subspan(1) : number;
}

ByteView DerReader::BitString() {
  ByteView bits = Content(der::kBitString);
  if (bits.empty() || bits[0] != 0) {
    ok_ = false;
    return {};
  }
  return bits.subspan(1);
}

// By way of the RFC 3339 form, whose parser knows the calendar.
Time DerReader::ValidityTime() {
  const bool utc = Next(der::kUtcTime);
  const ByteView t = Content(utc ? der::kUtcTime : der::kGeneralizedTime);
  ok_ = ok_ && t.size() == (utc ? 13u : 15u) && t.back() == 'Z';
  if (!ok_) return {};
  std::array<char, 20> text{};
  size_t from = 0, to = 0;
  const auto copy = [&](size_t n, char then) {
    while (n-- > 0) text[to++] = static_cast<char>(t[from++]);
    text[to++] = then;
  };
  if (utc) {
    text[to++] = t[0] >= '5' ? '1' : '2';
    text[to++] = t[0] >= '5' ? '9' : '0';
  }
  copy(utc ? 2 : 4, '-');
  copy(2, '-');
  copy(2, 'T');
  copy(2, ':');
  copy(2, ':');
  copy(2, 'Z');
  const std::string_view rfc3339(text.data(), text.size());
  const auto time = ParseTime(rfc3339);
  ok_ = time && (utc || rfc3339 >= "2050");
  return ok_ ? *time : Time{};
}

bool DerReader::True() {
  if (!Next(der::kBoolean)) return false;
  const ByteView value = Content(der::kBoolean);
  ok_ = ok_ && value.size() == 1 && value[0] == 0xff;
  return ok_;
}

}  // namespace holdfast
