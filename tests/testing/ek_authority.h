// A TPM manufacturer's certificate authority for tests: one self-signed root that issues EK certificates.
#pragma once

#include "certs/ek_certificate.h"
#include "tests/testing/tpm_key.h"

namespace holdfast::testing {

struct EkCertificateSpec {
  PublicKey key;
  std::string manufacturer = "id:53544D20", model = "ST33HTPHAHD4", version = "id:00010102";
  Time not_before = ParseTime("2020-01-01T00:00:00Z").value();
  Time not_after = ParseTime("2036-01-01T00:00:00Z").value();
};

class EkAuthority {
 public:
  EkAuthority();
  const Bytes& root() const { return root_; }         // DER
  Bytes Issue(const EkCertificateSpec& spec) const;   // DER
  EkRootBundle Bundle(EkRootClass root_class) const;  // with this root alone

 private:
  TpmKey key_;
  Bytes root_;
};

}  // namespace holdfast::testing
