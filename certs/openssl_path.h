// The second judge of a path of ours: OpenSSL's X509_verify_cert, strict, with the CRLs, given nothing but
// the objects of that one path. It also verifies the signatures, all of them (decision 0031).
#pragma once

#include <vector>

#include "certs/crl.h"

namespace holdfast {

struct OpensslPath {
  const Certificate& leaf;
  const Certificate& issuing;
  const Certificate& root;        // the only trust anchor
  const Crl* crl = nullptr;       // covers the leaf
  const Crl* root_crl = nullptr;  // covers the issuing certificate
};

struct OpensslRevocations {
  bool leaf = false, issuing = false;
};

// Says which of the two are revoked; anything else that OpenSSL objects to, but times, is an error. Checks:
// path.signature, path.openssl, path.internal (out of memory).
Result<OpensslRevocations> VerifyWithOpenssl(const OpensslPath& path);

}  // namespace holdfast
