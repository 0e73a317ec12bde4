#include "certs/certificate.h"
#include "protocol/crypto/random.h"
#include "signer/server/licensing/licensing.h"

namespace holdfast {

std::string NewRecordId() {
  return HexEncode(RandomBytes(16));
}

Bytes NewSerial() {
  Bytes serial = RandomBytes(16);
  serial[0] &= 0x7f;
  if (serial[0] == 0) serial[0] = 1;
  return serial;
}

Result<IssuerInfo> CurrentIssuer(const SignerStatus& status, const std::string& line) {
  for (const IssuerInfo& issuer : status.issuers)
    if (issuer.current && issuer.line == line) return issuer;
  return Fail(ErrorKind::kNotFound, "licensing.line",
              "there is no issuing key for product line \"" + line + "\"",
              "add one with `holdfast-vendor issuer add`");
}

Result<IssuerInfo> IssuerByKeyId(const SignerStatus& status, const Bytes& key_id) {
  for (const IssuerInfo& issuer : status.issuers) {
    const auto certificate = Certificate::Parse(issuer.issuing_certificate, CertificateProfile::kIssuing);
    if (certificate && certificate->subject_key_id() == key_id) return issuer;
  }
  return Fail(ErrorKind::kNotFound, "licensing.line",
              "the signer has no issuing key " + HexEncode(key_id) + " any more",
              "restore its certificate to the vendor directory from a backup");
}

}  // namespace holdfast
