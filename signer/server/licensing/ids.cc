#include <algorithm>

#include "certs/certificate.h"
#include "protocol/crypto/random.h"
#include "signer/server/licensing/licensing.h"

namespace holdfast {

std::string NewRecordId() {
  return HexEncode(RandomBytes(16));
}

Result<std::vector<Bytes>> RevokedIssuers(const SignerStatus& status) {
  std::vector<Bytes> revoked;
  if (status.root_crl.empty()) return revoked;
  HOLDFAST_TRY(const Crl list, Crl::Parse(status.root_crl));
  if (list.fields().entries.empty()) return revoked;
  for (const IssuerInfo& issuer : status.issuers) {
    HOLDFAST_TRY(const auto certificate,
                 Certificate::Parse(issuer.issuing_certificate, CertificateProfile::kIssuing));
    if (list.Find(certificate.fields().serial)) revoked.push_back(certificate.subject_key_id());
  }
  return revoked;
}

Result<IssuerInfo> CurrentIssuer(const SignerStatus& status, const std::string& line) {
  HOLDFAST_TRY(const auto revoked, RevokedIssuers(status));
  bool known = false;
  for (const IssuerInfo& issuer : status.issuers) {
    if (issuer.line != line) continue;
    known = true;
    HOLDFAST_TRY(const auto certificate,
                 Certificate::Parse(issuer.issuing_certificate, CertificateProfile::kIssuing));
    const bool good = std::ranges::find(revoked, certificate.subject_key_id()) == revoked.end();
    if (issuer.current && good) return issuer;
  }
  if (known)
    return Fail(ErrorKind::kConflict, "licensing.issuer_revoked",
                "the issuing key of product line \"" + line + "\" is revoked",
                "make a new one with `holdfast-vendor issuer rotate --line " + line + "`");
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
