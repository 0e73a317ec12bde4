#include <algorithm>

#include "certs/license_file.h"
#include "certs/path.h"
#include "protocol/armor.h"
#include "tools/inspect/parts.h"

namespace holdfast::inspect {
namespace {

std::string NameWords(const DistinguishedName& name) {
  return name.organization.empty() ? name.common_name : name.common_name + ", " + name.organization;
}

std::string_view ProfileName(CertificateProfile profile) {
  switch (profile) {
    case CertificateProfile::kRoot:
      return "root";
    case CertificateProfile::kIssuing:
      return "issuing";
    case CertificateProfile::kLicense:
      return "license";
    case CertificateProfile::kMessage:
      break;
  }
  return "message";
}

std::string SignedWords(const Status& status) {
  return status ? "valid" : "NOT valid: " + status.error().message;
}

Json TermsWords(const Certificate& license) {
  auto terms = ParseTerms(license.fields().terms_json);
  return terms ? DescribeTerms(*terms) : Json("cannot be read: " + terms.error().message);
}

Json DescribeLicenseFile(const LicenseFile& file) {
  const CertificateFields& fields = file.license.fields();
  const RevokedEntry* revoked = file.crl.Find(fields.serial);
  Json json{{"kind", "license"},
            {"summary", "A license for " + fields.subject.organization +
                            ". Signatures inside fit together or not as said below; whether the root is the "
                            "vendor's, only the pinned roots can say"},
            {"license", fields.subject.common_name},
            {"customer", fields.subject.organization},
            {"terms", TermsWords(file.license)},
            {"revoked", revoked != nullptr ? "YES, since " + FormatTime(revoked->date)
                                           : "no, says the list in the file"},
            {"license_signature", SignedWords(file.license.VerifySignature(file.issuing.public_key()))},
            {"list_signature", SignedWords(file.crl.VerifySignature(file.issuing.public_key()))},
            {"license_certificate", DescribeCertificate(file.license)},
            {"issuing_certificate", DescribeCertificate(file.issuing)},
            {"revocation_list", DescribeCrl(file.crl)}};
  if (file.root_crl) json["root_revocation_list"] = DescribeCrl(*file.root_crl);
  return json;
}

}  // namespace

std::string DescribeKey(const PublicKey& key) {
  switch (key.type()) {
    case KeyType::kEcP256:
      return "ECC P-256";
    case KeyType::kEcP384:
      return "ECC P-384";
    case KeyType::kEd25519:
      return "Ed25519";
    case KeyType::kRsa:
      break;
  }
  return "RSA " + std::to_string(key.bits());
}

Json DescribeCertificate(const Certificate& certificate) {
  const CertificateFields& fields = certificate.fields();
  Json json{{"profile", ProfileName(fields.profile)},
            {"subject", NameWords(fields.subject)},
            {"issuer", NameWords(fields.issuer)},
            {"serial", HexEncode(fields.serial)},
            {"not_before", FormatTime(fields.not_before)},
            {"not_after", FormatTime(fields.not_after)},
            {"key", DescribeKey(certificate.public_key())},
            {"key_sha256", HexEncode(certificate.public_key().SpkiSha256())}};
  if (!fields.crl_uri.empty()) json["revocation_list"] = fields.crl_uri;
  return json;
}

// What the vendor's store means by the reasons of RFC 5280 section 5.3.1.
static std::string_view WhyRevoked(RevocationReason reason) {
  switch (reason) {
    case RevocationReason::kCertificateHold:
      return "suspended";
    case RevocationReason::kSuperseded:
      return "superseded";
    case RevocationReason::kCessationOfOperation:
      return "returned";
    default:
      return "revoked";
  }
}

Json DescribeCrl(const Crl& crl) {
  const CrlFields& fields = crl.fields();
  Json revoked = Json::array();
  for (const RevokedEntry& entry : fields.entries) {
    revoked.push_back(Json{{"serial", HexEncode(entry.serial)},
                           {"date", FormatTime(entry.date)},
                           {"reason", WhyRevoked(entry.reason)}});
  }
  return Json{{"issuer", NameWords(fields.issuer)},
              {"number", fields.number},
              {"this_update", FormatTime(fields.this_update)},
              {"next_update", FormatTime(fields.next_update)},
              {"for", fields.uri.empty() ? "everything that the issuer signed" : fields.uri},
              {"revoked", std::move(revoked)}};
}

Result<Json> InspectCertificate(ByteView der) {
  Error last;
  for (auto profile : {CertificateProfile::kLicense, CertificateProfile::kIssuing,
                       CertificateProfile::kMessage, CertificateProfile::kRoot}) {
    auto certificate = Certificate::Parse(der, profile);
    if (!certificate) {
      if (last.check.empty()) last = certificate.error();
      continue;
    }
    Json json{{"kind", "certificate"},
              {"summary", "A certificate of Holdfast; its signature is not verified"}};
    json["certificate"] = DescribeCertificate(*certificate);
    if (profile == CertificateProfile::kLicense) json["terms"] = TermsWords(*certificate);
    return json;
  }
  return Malformed("inspect.certificate",
                   "this is no certificate of Holdfast: " + last.message + " (" + last.check + ")",
                   "openssl x509 -text shows certificates of others");
}

Result<Json> InspectCertificates(std::string_view text) {
  HOLDFAST_TRY(const auto blocks, ParseArmor(text));
  auto license = ParseLicenseFile(text);
  if (license) return DescribeLicenseFile(*license);
  auto anchors = ParseTrustAnchors(text);
  if (anchors) {
    Json roots = Json::array();
    for (const Certificate& root : anchors->roots) roots.push_back(DescribeCertificate(root));
    return Json{{"kind", "roots"},
                {"summary",
                 "Root certificates, as they are pinned. Compare key_sha256 with what the vendor publishes"},
                {"roots", std::move(roots)}};
  }
  if (blocks.size() == 1) return InspectCertificate(blocks[0].content);
  return Malformed("inspect.certificates",
                   "these are neither the certificates of a license file nor roots of Holdfast: " +
                       license.error().message + " (" + license.error().check + ")",
                   "openssl storeutl -certs -text shows certificates of others");
}

Result<Json> InspectCrlFile(std::string_view text) {
  HOLDFAST_TRY(const auto blocks, ParseArmor(text));
  Json lists = Json::array();
  for (const ArmorBlock& block : blocks) {
    if (block.label != kLabelCrl)
      return Malformed("inspect.lists", "after revocation lists there is something else in the file", "");
    HOLDFAST_TRY(const Crl crl, Crl::Parse(block.content));
    lists.push_back(DescribeCrl(crl));
  }
  if (lists.size() > 1) {
    return Json{
        {"kind", "revocation_lists"},
        {"summary", std::to_string(lists.size()) + " revocation lists; their signatures are not verified"},
        {"lists", std::move(lists)}};
  }
  Json json{{"kind", "revocation_list"}, {"summary", "A revocation list; its signature is not verified"}};
  json.update(lists[0]);
  return json;
}

}  // namespace holdfast::inspect
