#include "certs/der_writer.h"

#include <array>

namespace holdfast {
namespace {

// How many octets follow the first length octet.
size_t ExtraLengthOctets(size_t length) {
  size_t n = 0;
  if (length >= 0x80)
    for (; length > 0; length >>= 8) n++;
  return n;
}

}  // namespace

// The content begins at the mark; one length octet stands before it until Close knows better.
size_t DerWriter::Open(uint8_t tag) {
  der_.push_back(tag);
  der_.push_back(0);
  return der_.size();
}

void DerWriter::Close(size_t mark) {
  size_t length = der_.size() - mark;
  const size_t extra = ExtraLengthOctets(length);
  if (extra == 0) {
    der_[mark - 1] = static_cast<uint8_t>(length);
    return;
  }
  der_[mark - 1] = static_cast<uint8_t>(0x80 | extra);
  der_.insert(der_.begin() + static_cast<ptrdiff_t>(mark), extra, 0);
  for (size_t i = extra; i > 0; i--, length >>= 8) der_[mark + i - 1] = static_cast<uint8_t>(length);
}

void DerWriter::Element(uint8_t tag, ByteView content) {
  const size_t mark = Open(tag);
  Append(der_, content);
  Close(mark);
}

void DerWriter::UnsignedInteger(ByteView big_endian) {
  while (big_endian.size() > 1 && big_endian[0] == 0) big_endian = big_endian.subspan(1);
  Constructed(der::kInteger, [&] {
    if ((big_endian[0] & 0x80) != 0) der_.push_back(0);
    Raw(big_endian);
  });
}

void DerWriter::UnsignedInteger(uint64_t value) {
  std::array<uint8_t, 8> octets;
  for (size_t i = 8; i > 0; i--, value >>= 8) octets[i - 1] = static_cast<uint8_t>(value);
  UnsignedInteger(ByteView(octets));
}

void DerWriter::BitString(ByteView octets) {
  Constructed(der::kBitString, [&] {
    der_.push_back(0);
    Raw(octets);
  });
}

void DerWriter::ValidityTime(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto rest = static_cast<unsigned>((time - day).count());
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  const bool utc = year < 2050;
  Constructed(utc ? der::kUtcTime : der::kGeneralizedTime, [&] {
    auto two = [&](unsigned n) {
      der_.push_back(static_cast<uint8_t>('0' + n / 10));
      der_.push_back(static_cast<uint8_t>('0' + n % 10));
    };
    if (!utc) two(year / 100);
    for (unsigned n : {year % 100, static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       rest / 3600, rest / 60 % 60, rest % 60})
      two(n);
    der_.push_back('Z');
  });
}

}  // namespace holdfast
