// Owners of OpenSSL's X.509 handles, for the files here that use them; never included from a public header.
#pragma once

#include <openssl/x509v3.h>

#include <optional>

#include "protocol/bytes.h"
#include "protocol/crypto/digest.h"
#include "protocol/crypto/openssl_handles.h"
#include "protocol/result.h"

namespace holdfast {

inline void FreeX509Stack(STACK_OF(X509) * stack) {
  sk_X509_pop_free(stack, X509_free);
}

using X509Ptr = std::unique_ptr<X509, OpensslFree<X509_free>>;
using X509CrlPtr = std::unique_ptr<X509_CRL, OpensslFree<X509_CRL_free>>;
using X509StackPtr = std::unique_ptr<STACK_OF(X509), OpensslFree<FreeX509Stack>>;
using X509StorePtr = std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>>;
using X509StoreContextPtr = std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>>;

// The whole of `der`, or nullptr.
X509Ptr DecodeX509(ByteView der);
X509CrlPtr DecodeX509Crl(ByteView der);

// SHA-256 of the TBSCertificate as it was received. It names a certificate better than a hash of the whole, of
// which anybody can make another by turning an ECDSA signature (r, s) into (r, n - s). Nothing when the
// TBSCertificate is not DER.
std::optional<Sha256Digest> TbsSha256(const X509* certificate);

// What an i2d function writes; empty when it fails.
template <auto Encode, class T>
Bytes EncodeOpenssl(const T* object) {
  unsigned char* der = nullptr;
  const int size = Encode(object, &der);
  if (size <= 0) return {};
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

}  // namespace holdfast
