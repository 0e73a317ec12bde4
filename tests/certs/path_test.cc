// Which license files VerifyLicense takes, and what it says about those that it does.
#include <gtest/gtest.h>

#include "certs/path.h"
#include "tests/testing/pki.h"

namespace holdfast {
namespace {

using testing::kPkiNow;
using testing::SignCertificate;
using testing::TestPki;

struct KeyTypes {
  const char* name;
  KeyType root, issuing;
};
class PathKeyTypes : public ::testing::TestWithParam<KeyTypes> {};

TEST_P(PathKeyTypes, AGoodLicenseVerifies) {
  const TestPki pki(GetParam().root, GetParam().issuing);
  for (bool with_root_crl : {false, true}) {
    const auto verified = VerifyLicense(pki.MakeLicenseFile(with_root_crl), pki.Anchors());
    ASSERT_TRUE(verified) << verified.error().check << ": " << verified.error().message;
    EXPECT_EQ(verified->revocation, Revocation::kGood);
    EXPECT_EQ(verified->terms.license, "L-0001");
    EXPECT_EQ(verified->customer, "Example Customer");
    EXPECT_EQ(verified->license_key.spki(), pki.license_key->public_key().spki());
    EXPECT_EQ(verified->root, pki.root_key->public_key().SpkiSha256());
    EXPECT_EQ(verified->crl_number, 1);
  }
}

TEST_P(PathKeyTypes, TheMessageCertificateVerifies) {
  const TestPki pki(GetParam().root, GetParam().issuing);
  const auto verified = VerifyMessageCertificate(pki.message, pki.issuing, pki.Anchors());
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(*verified, pki.root_key->public_key().SpkiSha256());
}

INSTANTIATE_TEST_SUITE_P(, PathKeyTypes,
                         ::testing::Values(KeyTypes{"P256", KeyType::kEcP256, KeyType::kEcP256},
                                           KeyTypes{"P384", KeyType::kEcP384, KeyType::kEcP384},
                                           KeyTypes{"Rsa3072", KeyType::kRsa, KeyType::kRsa},
                                           KeyTypes{"RsaOverP256", KeyType::kRsa, KeyType::kEcP256}),
                         [](const auto& info) { return info.param.name; });

class Path : public ::testing::Test {
 protected:
  TestPki pki;
  LicenseFile file = pki.MakeLicenseFile(true);

  std::string Refusal(const LicenseFile& f, const TrustAnchors& anchors) {
    const auto verified = VerifyLicense(f, anchors);
    EXPECT_TRUE(verified || !verified.error().advice.empty()) << verified.error().check;
    return verified ? "verified" : verified.error().check;
  }
  std::string Refusal(const LicenseFile& f) { return Refusal(f, pki.Anchors()); }
  std::string RefusalOf(const CertificateFields& license) {
    file.license = pki.IssueLicense(license);
    return Refusal(file);
  }
  CertificateFields Fields() { return pki.LicenseFields(TestPki::Terms()); }
  RevokedEntry EntryFor(const Certificate& certificate, RevocationReason reason) {
    return {certificate.fields().serial, kPkiNow, reason};
  }
  void ReplaceIssuing(const CertificateFields& fields) {
    file.issuing =
        Certificate::Parse(SignCertificate(fields, *pki.root_key), CertificateProfile::kIssuing).value();
  }
};

TEST_F(Path, ARevokedLicenseIsAnOutcomeWithItsEntry) {
  CrlFields crl = pki.ShardCrlFields();
  crl.entries = {EntryFor(file.license, RevocationReason::kCertificateHold)};
  file.crl = pki.IssueCrl(crl);
  const auto verified = VerifyLicense(file, pki.Anchors());
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified->revocation, Revocation::kRevoked);
  ASSERT_TRUE(verified->revoked);
  EXPECT_EQ(verified->revoked->reason, RevocationReason::kCertificateHold);
}

TEST_F(Path, ALicenseStaysGoodWhenOthersAreRevoked) {
  CrlFields crl = pki.ShardCrlFields();
  crl.entries = {{{0x01}, kPkiNow, RevocationReason::kSuperseded},
                 {Bytes(20, 0x7f), kPkiNow, RevocationReason::kSuperseded}};
  file.crl = pki.IssueCrl(crl);
  EXPECT_EQ(VerifyLicense(file, pki.Anchors()).value().revocation, Revocation::kGood);
}

TEST_F(Path, ARevokedIssuerOutweighsTheLicensesOwnStanding) {
  CrlFields root_crl = pki.RootCrlFields();
  root_crl.entries = {EntryFor(file.issuing, RevocationReason::kKeyCompromise)};
  file.root_crl = pki.IssueRootCrl(root_crl);
  EXPECT_EQ(VerifyLicense(file, pki.Anchors()).value().revocation, Revocation::kIssuerRevoked);

  CrlFields crl = pki.ShardCrlFields();
  crl.entries = {EntryFor(file.license, RevocationReason::kSuperseded)};
  file.crl = pki.IssueCrl(crl);
  EXPECT_EQ(VerifyLicense(file, pki.Anchors()).value().revocation, Revocation::kIssuerRevoked);
}

TEST_F(Path, AnExpiredCrlIsReportedAndNotRefused) {
  CrlFields crl = pki.ShardCrlFields();
  crl.this_update = Time{} + Seconds(1);
  crl.next_update = Time{} + Seconds(2);
  file.crl = pki.IssueCrl(crl);
  const auto verified = VerifyLicense(file, pki.Anchors());
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified->crl_next_update, Time{} + Seconds(2));
}

TEST_F(Path, AnExpiredLicenseVerifiesWithItsDatesAndTimeIsJudgedElsewhere) {
  LicenseTerms terms = TestPki::Terms();
  terms.valid_from = ParseTime("2026-02-01T00:00:00Z").value();
  terms.expires = ParseTime("2026-02-02T00:00:00Z").value();
  const auto verified = VerifyLicense(pki.MakeLicenseFile(terms), pki.Anchors());
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(FormatTime(verified->not_after), "2026-02-09T00:00:00Z");
}

TEST_F(Path, APerpetualLicenseEndsWithTheCalendar) {
  LicenseTerms terms = TestPki::Terms();
  terms.expires.reset();
  const auto verified = VerifyLicense(pki.MakeLicenseFile(terms), pki.Anchors());
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(FormatTime(verified->not_after), "9999-12-31T23:59:59Z");
}

TEST_F(Path, TheCrlOfAnotherShardIsRefused) {
  file.crl = pki.IssueCrl(pki.ShardCrlFields(1));
  EXPECT_EQ(Refusal(file), "path.crl");
}

TEST_F(Path, ACrlWithoutAShardIsRefusedForALicense) {
  CrlFields crl = pki.ShardCrlFields();
  crl.uri.clear();
  file.crl = pki.IssueCrl(crl);
  EXPECT_EQ(Refusal(file), "path.crl");
}

TEST_F(Path, ACrlOfAnotherVendorIsRefused) {
  const TestPki other;
  file.crl = other.IssueCrl(other.ShardCrlFields());
  EXPECT_EQ(Refusal(file), "path.crl");
}

TEST_F(Path, ACrlSignedByAnotherKeyInTheIssuersNameIsRefused) {
  file.crl = Crl::Parse(testing::SignCrl(pki.ShardCrlFields(), *pki.root_key)).value();
  EXPECT_EQ(Refusal(file), "path.signature");
}

TEST_F(Path, ARootCrlOfTheIssuingKeyIsRefused) {
  file.root_crl = file.crl;
  EXPECT_EQ(Refusal(file), "path.crl");
}

TEST_F(Path, ARootCrlSignedByTheIssuingKeyIsRefused) {
  file.root_crl = Crl::Parse(testing::SignCrl(pki.RootCrlFields(), *pki.issuing_key)).value();
  EXPECT_EQ(Refusal(file), "path.signature");
}

TEST_F(Path, ALicenseOfAnotherVendorIsRefused) {
  const TestPki other;
  EXPECT_EQ(Refusal(other.MakeLicenseFile()), "path.anchor");
}

TEST_F(Path, ALicenseOfAnotherVendorsIssuerIsRefusedBesideOurIssuingCertificate) {
  const TestPki other;
  file.license = other.MakeLicenseFile().license;
  EXPECT_EQ(Refusal(file), "path.issuer");
}

TEST_F(Path, ALicenseSignedByAnotherKeyInTheIssuersNameIsRefused) {
  file.license =
      Certificate::Parse(SignCertificate(Fields(), *pki.message_key), CertificateProfile::kLicense).value();
  EXPECT_EQ(Refusal(file), "path.signature");
}

TEST_F(Path, AnIssuingCertificateSignedByAnotherKeyInTheRootsNameIsRefused) {
  file.issuing =
      Certificate::Parse(SignCertificate(pki.IssuingFields(), *pki.issuing_key), CertificateProfile::kIssuing)
          .value();
  EXPECT_EQ(Refusal(file), "path.signature");
}

TEST_F(Path, TheAnchorThatFitsIsFoundAmongSeveral) {
  const TestPki other, third;
  EXPECT_EQ(Refusal(file, {{other.root, pki.root, third.root}}), "verified");
  EXPECT_EQ(Refusal(file, {{other.root, third.root}}), "path.anchor");
  EXPECT_EQ(Refusal(file, {}), "path.anchor");
}

TEST_F(Path, ALicenseMayEndTogetherWithItsIssuerButNotASecondLater) {
  CertificateFields issuing = pki.IssuingFields();
  issuing.not_after = Fields().not_after;
  ReplaceIssuing(issuing);
  EXPECT_EQ(Refusal(file), "verified");
  issuing.not_after -= Seconds(1);
  ReplaceIssuing(issuing);
  EXPECT_EQ(Refusal(file), "path.dates");
}

TEST_F(Path, ALicenseMayBeginTogetherWithItsIssuerButNotASecondEarlier) {
  CertificateFields fields = Fields();
  fields.not_before = pki.IssuingFields().not_before;
  EXPECT_EQ(RefusalOf(fields), "verified");
  fields.not_before -= Seconds(1);
  EXPECT_EQ(RefusalOf(fields), "path.dates");
}

TEST_F(Path, AnIssuingCertificateMayNotBeginBeforeItsRoot) {
  CertificateFields issuing = pki.IssuingFields();
  issuing.not_before = pki.root.fields().not_before - Seconds(1);
  ReplaceIssuing(issuing);
  EXPECT_EQ(Refusal(file), "path.dates");
}

TEST_F(Path, TermsOfAnotherLicenseAreRefused) {
  LicenseTerms terms = TestPki::Terms();
  terms.license = "L-0002";
  CertificateFields fields = Fields();
  fields.terms_json = FormatTerms(terms);
  EXPECT_EQ(RefusalOf(fields), "path.terms");
}

TEST_F(Path, ATrustedVendorsTermsInAnothersNameAreRefused) {
  const TestPki second(KeyType::kEcP256, KeyType::kEcP256, "Second Vendor");
  const TrustAnchors both{{pki.root, second.root}};
  LicenseTerms own = TestPki::Terms();
  own.vendor = "Second Vendor";
  EXPECT_EQ(Refusal(second.MakeLicenseFile(own), both), "verified");
  EXPECT_EQ(Refusal(second.MakeLicenseFile(TestPki::Terms()), both), "path.terms");
  EXPECT_EQ(Refusal(file, both), "verified");
}

TEST_F(Path, ACertificateThatEndsASecondAfterItsTermsIsRefused) {
  for (int seconds : {-1, 1}) {
    CertificateFields fields = Fields();
    fields.not_after += Seconds(seconds);
    EXPECT_EQ(RefusalOf(fields), "path.terms") << seconds;
  }
}

TEST_F(Path, PerpetualTermsMayBeInACertificateThatEnds) {
  LicenseTerms terms = TestPki::Terms();
  terms.expires.reset();
  CertificateFields fields = Fields();
  fields.terms_json = FormatTerms(terms);
  EXPECT_EQ(RefusalOf(fields), "verified");
}

TEST_F(Path, TermsThatCannotBeReadAreRefusedByTheirOwnName) {
  CertificateFields fields = Fields();
  fields.terms_json = "{}";
  EXPECT_EQ(RefusalOf(fields).substr(0, 6), "terms.");
}

TEST_F(Path, AMessageCertificateOfAnotherVendorIsRefused) {
  const TestPki other;
  EXPECT_EQ(VerifyMessageCertificate(other.message, other.issuing, pki.Anchors()).error().check,
            "path.anchor");
  EXPECT_EQ(VerifyMessageCertificate(other.message, pki.issuing, pki.Anchors()).error().check, "path.issuer");
}

TEST_F(Path, AMessageCertificateSignedByTheRootIsRefused) {
  const auto message =
      Certificate::Parse(SignCertificate(pki.MessageFields(), *pki.root_key), CertificateProfile::kMessage);
  EXPECT_EQ(VerifyMessageCertificate(*message, pki.issuing, pki.Anchors()).error().check, "path.signature");
}

}  // namespace
}  // namespace holdfast
