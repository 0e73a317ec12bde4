#include "certs/openssl_x509.h"

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

}  // namespace holdfast
