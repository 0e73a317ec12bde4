#include "certs/license_file.h"

#include <algorithm>

#include "protocol/armor.h"

namespace holdfast {
namespace {

constexpr size_t kMaxAnchors = 16;

bool HasLayout(const std::vector<ArmorBlock>& blocks) {
  constexpr std::string_view kLayout[] = {kLabelCertificate, kLabelCertificate, kLabelCrl, kLabelCrl};
  if (blocks.size() != 3 && blocks.size() != 4) return false;
  return std::equal(blocks.begin(), blocks.end(), kLayout,
                    [](const ArmorBlock& block, std::string_view label) { return block.label == label; });
}

// For people; nobody trusts it.
std::string Preamble(const CertificateFields& license) {
  std::string text = "Holdfast license " + license.subject.common_name;
  if (!license.subject.organization.empty()) text += " for " + license.subject.organization;
  return text + "\nRead it with: holdfast inspect FILE, or openssl x509 -text -in FILE\n\n";
}

Result<LicenseFile> Parse(std::string_view text) {
  HOLDFAST_TRY(const std::vector<ArmorBlock> blocks, ParseArmor(text));
  if (!HasLayout(blocks))
    return Malformed("license_file.blocks",
                     "not a license certificate, an issuing certificate and one or two CRLs, in this order");
  HOLDFAST_TRY(Certificate license, Certificate::Parse(blocks[0].content, CertificateProfile::kLicense));
  HOLDFAST_TRY(Certificate issuing, Certificate::Parse(blocks[1].content, CertificateProfile::kIssuing));
  HOLDFAST_TRY(Crl crl, Crl::Parse(blocks[2].content));
  std::optional<Crl> root_crl;
  if (blocks.size() == 4) {
    HOLDFAST_TRY(root_crl, Crl::Parse(blocks[3].content));
  }
  return LicenseFile{std::move(license), std::move(issuing), std::move(crl), std::move(root_crl)};
}

Result<TrustAnchors> ParseAnchors(std::string_view pem) {
  HOLDFAST_TRY(const std::vector<ArmorBlock> blocks, ParseArmor(pem));
  if (blocks.size() > kMaxAnchors) return Malformed("roots.count", "more than 16 trust anchors");
  TrustAnchors anchors;
  for (const ArmorBlock& block : blocks) {
    if (block.label != kLabelCertificate)
      return Malformed("roots.blocks", "a PEM block that is not a certificate among the trust anchors");
    HOLDFAST_TRY(Certificate root, Certificate::Parse(block.content, CertificateProfile::kRoot));
    for (const Certificate& other : anchors.roots)
      if (other.subject_key_id() == root.subject_key_id())
        return Malformed("roots.duplicate", "the same root key twice");
    anchors.roots.push_back(std::move(root));
  }
  return anchors;
}

}  // namespace

Result<LicenseFile> ParseLicenseFile(std::string_view text) {
  return WithAdvice(Parse(text), "give the license file as it came from the vendor");
}

std::string FormatLicenseFile(const LicenseFile& file) {
  std::string text = Armor(kLabelCertificate, file.license.der(), Preamble(file.license.fields()));
  text += Armor(kLabelCertificate, file.issuing.der());
  text += Armor(kLabelCrl, file.crl.der());
  if (file.root_crl) text += Armor(kLabelCrl, file.root_crl->der());
  return text;
}

Result<TrustAnchors> ParseTrustAnchors(std::string_view pem) {
  return WithAdvice(ParseAnchors(pem), "give the vendor's roots.pem as it came from the vendor");
}

}  // namespace holdfast
