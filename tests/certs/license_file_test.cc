// Which arrangements of PEM blocks are a license file, and which are trust anchors.
#include <gtest/gtest.h>

#include "protocol/armor.h"
#include "tests/testing/pki.h"

namespace holdfast {
namespace {

using testing::TestPki;

class LicenseFileBlocks : public ::testing::Test {
 protected:
  TestPki pki;
  LicenseFile file = pki.MakeLicenseFile(true);
  std::string license = Armor(kLabelCertificate, file.license.der());
  std::string issuing = Armor(kLabelCertificate, file.issuing.der());
  std::string crl = Armor(kLabelCrl, file.crl.der());
  std::string root = Armor(kLabelCertificate, pki.root.der());

  static std::string Outcome(const std::string& text) {
    const auto parsed = ParseLicenseFile(text);
    EXPECT_TRUE(parsed || !parsed.error().advice.empty()) << parsed.error().check;
    return parsed ? "parsed" : parsed.error().check;
  }
  static std::string AnchorsOutcome(const std::string& text) {
    const auto parsed = ParseTrustAnchors(text);
    EXPECT_TRUE(parsed || !parsed.error().advice.empty()) << parsed.error().check;
    return parsed ? std::to_string(parsed->roots.size()) : parsed.error().check;
  }
};

TEST_F(LicenseFileBlocks, InOrderAreALicenseFile) {
  EXPECT_EQ(Outcome(license + issuing + crl), "parsed");
  EXPECT_EQ(Outcome(license + issuing + crl + crl), "parsed");
}
TEST_F(LicenseFileBlocks, TextBetweenThemDoesNotMatter) {
  EXPECT_EQ(Outcome("Dear customer,\n" + license + "\nand\n" + issuing + crl + "Regards\n"), "parsed");
}
TEST_F(LicenseFileBlocks, MissingSurplusOrInAnotherOrderAreNone) {
  for (const std::string& text :
       {license, license + issuing, license + crl, license + crl + issuing, crl + license + issuing,
        license + issuing + crl + crl + crl, license + issuing + root + crl, license + issuing + crl + root})
    EXPECT_EQ(Outcome(text), "license_file.blocks");
}
TEST_F(LicenseFileBlocks, CertificatesInTheWrongPlaceAreRefusedByTheirProfile) {
  EXPECT_EQ(Outcome(issuing + license + crl).substr(0, 12), "certificate.");
  EXPECT_EQ(Outcome(license + root + crl).substr(0, 12), "certificate.");
}
TEST_F(LicenseFileBlocks, ACustomerNamedLikeArmorCannotBreakTheFile) {
  CertificateFields fields = pki.LicenseFields(TestPki::Terms());
  fields.subject.organization = "-----BEGIN CERTIFICATE-----";
  file.license = pki.IssueLicense(fields);
  EXPECT_EQ(Outcome(FormatLicenseFile(file)), "parsed");
}

TEST_F(LicenseFileBlocks, TrustAnchorsAreRootsOnly) {
  const TestPki other;
  EXPECT_EQ(AnchorsOutcome(root), "1");
  EXPECT_EQ(AnchorsOutcome(root + Armor(kLabelCertificate, other.root.der())), "2");
  EXPECT_EQ(AnchorsOutcome(root + root), "roots.duplicate");
  EXPECT_EQ(AnchorsOutcome(root + crl), "roots.blocks");
  EXPECT_EQ(AnchorsOutcome(root + issuing), "certificate.extensions");
  EXPECT_EQ(AnchorsOutcome(""), "armor.empty");
}

}  // namespace
}  // namespace holdfast
