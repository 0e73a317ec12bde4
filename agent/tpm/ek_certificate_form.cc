#include <algorithm>

#include "agent/tpm/ek_certificates.h"
#include "protocol/byte_cursor.h"

namespace holdfast::tpm {
namespace {

constexpr uint8_t kSequence = 0x30;

// Octets of the SEQUENCE that `der` begins with, header included; 0 when it does not begin with one.
// Certificates are longer than 127 and shorter than 65536 octets, so the length has one or two octets.
size_t SequenceSize(ByteView der) {
  Reader in(der);
  if (in.U8() != kSequence) return 0;
  size_t header = 0, length = 0;
  switch (in.U8()) {
    case 0x81:
      header = 3, length = in.U8();
      break;
    case 0x82:
      header = 4, length = in.U16();
      break;
    default:
      return 0;
  }
  return in.failed() || length > in.remaining() ? 0 : header + length;
}

ByteView WithoutPrefix(ByteView contents) {
  constexpr uint8_t kPrefix[] = {0x10, 0x01, 0x00};
  constexpr size_t kPrefixSize = 5;
  if (contents.size() < kPrefixSize || !std::equal(std::begin(kPrefix), std::end(kPrefix), contents.begin()))
    return contents;
  return contents.subspan(kPrefixSize);
}

}  // namespace

std::vector<Bytes> SplitCertificates(ByteView contents) {
  std::vector<Bytes> found;
  contents = WithoutPrefix(contents);
  while (size_t size = SequenceSize(contents)) {
    found.push_back(ToBytes(contents.first(size)));
    contents = contents.subspan(size);
  }
  return found;
}

bool NamesKey(ByteView certificate, ByteView ek_public) {
  Result<Public> ek = ParsePublic(ek_public);
  if (!ek) return false;
  Bytes key = ek->modulus;
  if (ek->type == Alg::kEcc) {
    key = ek->x;
    Append(key, ek->y);
  }
  return !key.empty() &&
         std::search(certificate.begin(), certificate.end(), key.begin(), key.end()) != certificate.end();
}

}  // namespace holdfast::tpm
