// The two encodings of an ECDSA signature (RFC 3279 2.2.3 and RFC 7518 3.4).
#include "protocol/crypto/public_key.h"

namespace holdfast {
namespace {

auto BadEncoding(std::string what) {
  return Refused("signature.encoding", std::move(what));
}

// INTEGER of a non-negative number given with leading zeros.
void PutInteger(Bytes& der, ByteView number) {
  while (number.size() > 1 && number[0] == 0) number = number.subspan(1);
  const bool pad = (number[0] & 0x80) != 0;
  der.push_back(0x02);
  der.push_back(static_cast<uint8_t>(number.size() + (pad ? 1 : 0)));
  if (pad) der.push_back(0);
  Append(der, number);
}

// Takes one minimal non-negative INTEGER off `der` and left-pads it to `size`.
bool TakeInteger(ByteView& der, size_t size, Bytes& to) {
  if (der.size() < 3 || der[0] != 0x02 || der[1] == 0 || der[1] > 0x7f || der.size() < 2u + der[1])
    return false;
  ByteView number = der.subspan(2, der[1]);
  der = der.subspan(2u + der[1]);
  if ((number[0] & 0x80) != 0) return false;
  if (number.size() > 1 && number[0] == 0) {
    if ((number[1] & 0x80) == 0) return false;
    number = number.subspan(1);
  }
  if (number.size() > size) return false;
  to.insert(to.end(), size - number.size(), 0);
  Append(to, number);
  return true;
}

}  // namespace

Result<Bytes> EcdsaRawToDer(ByteView raw, size_t order_bytes) {
  if (raw.size() != 2 * order_bytes)
    return BadEncoding("an ECDSA signature that is not of " + std::to_string(2 * order_bytes) + " octets");
  Bytes body;
  PutInteger(body, raw.first(order_bytes));
  PutInteger(body, raw.subspan(order_bytes));
  Bytes der{0x30};
  if (body.size() > 0x7f) der.push_back(0x81);
  der.push_back(static_cast<uint8_t>(body.size()));
  Append(der, body);
  return der;
}

Result<Bytes> EcdsaDerToRaw(ByteView der, size_t order_bytes) {
  auto bad = [] {
    return BadEncoding("an ECDSA signature that is not a DER SEQUENCE of two minimal INTEGERs in range");
  };
  if (der.size() < 2 || der[0] != 0x30) return bad();
  size_t header = 2, length = der[1];
  if (length == 0x81) {
    if (der.size() < 3 || der[2] < 0x80) return bad();
    header = 3;
    length = der[2];
  } else if (length > 0x7f) {
    return bad();
  }
  if (der.size() != header + length) return bad();
  ByteView body = der.subspan(header);
  Bytes raw;
  if (!TakeInteger(body, order_bytes, raw) || !TakeInteger(body, order_bytes, raw) || !body.empty())
    return bad();
  return raw;
}

}  // namespace holdfast
