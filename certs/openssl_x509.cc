#include "certs/openssl_x509.h"

#include "certs/der_reader.h"

namespace holdfast {

X509Ptr DecodeX509(ByteView der) {
  const unsigned char* p = der.data();
  X509Ptr x(d2i_X509(nullptr, &p, static_cast<long>(der.size())));
  return x && p == der.data() + der.size() ? std::move(x) : nullptr;
}

X509CrlPtr DecodeX509Crl(ByteView der) {
  const unsigned char* p = der.data();
  X509CrlPtr crl(d2i_X509_CRL(nullptr, &p, static_cast<long>(der.size())));
  return crl && p == der.data() + der.size() ? std::move(crl) : nullptr;
}

std::optional<Sha256Digest> TbsSha256(const X509* certificate) {
  const Bytes der = EncodeOpenssl<i2d_X509>(certificate);
  DerReader reader(der);
  DerReader outer = reader.Sequence();
  const ByteView tbs = outer.Whole(der::kSequence);
  if (!outer.ok()) return std::nullopt;
  return Sha256(tbs);
}

}  // namespace holdfast
