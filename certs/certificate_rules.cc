#include "certs/certificate_rules.h"

#include "certs/extensions.h"
#include "protocol/terms.h"

namespace holdfast {
namespace {

Status CheckTimes(const CertificateFields& f) {
  if (f.not_before < Time{} || f.not_after > kNoExpiry || f.not_after < f.not_before)
    return Malformed("certificate.validity", "a validity that ends before it begins or is out of range");
  return {};
}

Status CheckLicenseFields(const CertificateFields& f) {
  if (!IsCrlUri(f.crl_uri, f.authority_key_id))
    return Refused("certificate.crl_distribution_points",
                   "a CRL distribution point that is not a shard of the issuing key");
  if (f.terms_json.empty() || f.terms_json.size() > kMaxTermsSize)
    return Malformed("certificate.terms", "terms that are empty or of more than 16 KiB");
  return {};
}

}  // namespace

bool IsSerial(ByteView serial) {
  return !serial.empty() && serial.size() <= 20 && serial[0] != 0 && (serial[0] & 0x80) == 0;
}

Status CheckCertificateFields(const CertificateFields& f) {
  if (!IsSerial(f.serial))
    return Malformed("certificate.serial", "a serial number that is not positive and of 1 to 20 octets");
  HOLDFAST_CHECK(CheckTimes(f));
  if (f.profile == CertificateProfile::kRoot) {
    if (f.issuer != f.subject) return Refused("certificate.issuer", "a root that names another issuer");
    if (!f.authority_key_id.empty())
      return Refused("certificate.authority_key_id", "a root with an authority key identifier");
    return {};
  }
  if (f.authority_key_id.size() != 20)
    return Malformed("certificate.authority_key_id", "an authority key identifier that is not of 20 octets");
  return f.profile == CertificateProfile::kLicense ? CheckLicenseFields(f) : Status{};
}

Status CheckSubjectKey(CertificateProfile profile, const PublicKey& key) {
  const KeyType type = key.type();
  bool fits = type == KeyType::kEcP256;
  // The vendor's own keys are of what the HSM offers, which may be RSA alone.
  if (profile != CertificateProfile::kLicense)
    fits = fits || type == KeyType::kEcP384 ||
           (type == KeyType::kRsa && (key.bits() == 3072 || key.bits() == 4096));
  if (!fits) return Refused("certificate.key", "a subject key of a type or size that the profile excludes");
  return {};
}

}  // namespace holdfast
