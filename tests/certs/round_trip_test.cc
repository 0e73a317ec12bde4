// What we write we read back, field by field and octet by octet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/objects.h>

#include "certs/extensions.h"
#include "certs/oids.h"
#include "tests/testing/pki.h"

namespace holdfast {
namespace {

using testing::TestPki;

std::string Dotted(ByteView oid_content) {
  DerWriter w;
  w.Element(der::kOid, oid_content);
  const Bytes der = w.Take();
  const unsigned char* p = der.data();
  ASN1_OBJECT* object = d2i_ASN1_OBJECT(nullptr, &p, static_cast<long>(der.size()));
  std::string text(256, 0);
  text.resize(static_cast<size_t>(OBJ_obj2txt(text.data(), 256, object, 1)));
  ASN1_OBJECT_free(object);
  return text;
}

TEST(Oids, TheOctetsAreTheArcThatTheHeaderNames) {
  const std::string arc(kHoldfastArc);
  EXPECT_EQ(Dotted(RuleOf(ExtensionKind::kTerms).oid), arc + "." + std::to_string(kOidLicenseTerms));
  EXPECT_EQ(Dotted(ExtendedKeyUsageValue(CertificateProfile::kLicense).subspan(4)),
            arc + "." + std::to_string(kOidLicensePurpose));
  EXPECT_EQ(Dotted(ExtendedKeyUsageValue(CertificateProfile::kMessage).subspan(4)),
            arc + "." + std::to_string(kOidMessagePurpose));
}

TEST(RoundTrip, ALicenseCertificateSaysWhatWasOrdered) {
  const TestPki pki;
  const CertificateFields ordered = pki.LicenseFields(TestPki::Terms());
  const Certificate parsed = pki.IssueLicense(ordered);
  const CertificateFields& f = parsed.fields();
  EXPECT_EQ(f.serial, ordered.serial);
  EXPECT_EQ(f.issuer, ordered.issuer);
  EXPECT_EQ(f.subject, ordered.subject);
  EXPECT_EQ(f.not_before, ordered.not_before);
  EXPECT_EQ(f.not_after, ordered.not_after);
  EXPECT_EQ(f.subject_spki, ordered.subject_spki);
  EXPECT_EQ(f.authority_key_id, ordered.authority_key_id);
  EXPECT_EQ(f.crl_uri, ordered.crl_uri);
  EXPECT_EQ(f.terms_json, ordered.terms_json);
  EXPECT_EQ(parsed.subject_key_id(), KeyIdentifier(pki.license_key->public_key()));
  EXPECT_TRUE(parsed.VerifySignature(pki.issuing_key->public_key()));
  EXPECT_FALSE(parsed.VerifySignature(pki.root_key->public_key()));
}

TEST(RoundTrip, EncodingWhatWasParsedGivesTheSameOctets) {
  const TestPki pki;
  const Certificate license = pki.IssueLicense(pki.LicenseFields(TestPki::Terms()));
  for (const Certificate* c : {&pki.root, &pki.issuing, &pki.message, &license}) {
    const auto tbs = BuildTbsCertificate(c->fields(), c->algorithm());
    ASSERT_TRUE(tbs) << tbs.error().message;
    EXPECT_EQ(*tbs, ToBytes(c->tbs()));
  }
}

TEST(RoundTrip, EveryDateComesBackWhetherUtcTimeOrGeneralizedTime) {
  const TestPki pki;
  for (const char* text : {"1970-01-01T00:00:00Z", "2026-02-28T23:59:59Z", "2049-12-31T23:59:59Z",
                           "2050-01-01T00:00:00Z", "2052-02-29T12:34:56Z", "9999-12-31T23:59:59Z"}) {
    CertificateFields fields = pki.LicenseFields(TestPki::Terms());
    fields.not_before = Time{};
    fields.not_after = ParseTime(text).value();
    EXPECT_EQ(FormatTime(pki.IssueLicense(fields).fields().not_after), text);
  }
}

TEST(RoundTrip, ACrlSaysWhatWasOrdered) {
  const TestPki pki;
  CrlFields ordered = pki.ShardCrlFields(7);
  ordered.number = 123456789012;
  ordered.entries = {{{0x05}, testing::kPkiNow, RevocationReason::kUnspecified},
                     {{0x7f, 0xff}, testing::kPkiNow, RevocationReason::kCertificateHold},
                     {Bytes(16, 0x11), testing::kPkiNow, RevocationReason::kKeyCompromise}};
  const Crl parsed = pki.IssueCrl(ordered);
  const CrlFields& f = parsed.fields();
  EXPECT_EQ(f.issuer, ordered.issuer);
  EXPECT_EQ(f.this_update, ordered.this_update);
  EXPECT_EQ(f.next_update, ordered.next_update);
  EXPECT_EQ(f.number, ordered.number);
  EXPECT_EQ(f.uri, ordered.uri);
  ASSERT_EQ(f.entries.size(), 3u);
  ASSERT_NE(parsed.Find(Bytes{0x7f, 0xff}), nullptr);
  EXPECT_EQ(parsed.Find(Bytes{0x7f, 0xff})->reason, RevocationReason::kCertificateHold);
  EXPECT_EQ(parsed.Find(Bytes{0x06}), nullptr);
  EXPECT_EQ(BuildTbsCrl(f, SignatureAlgorithm::kEcdsaSha256).value(), ToBytes(parsed.tbs()));
}

TEST(RoundTrip, ALicenseFileIsTheSameObjectsAgain) {
  const TestPki pki;
  for (bool with_root_crl : {false, true}) {
    const LicenseFile file = pki.MakeLicenseFile(with_root_crl);
    const auto again = ParseLicenseFile(FormatLicenseFile(file));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->license.der(), file.license.der());
    EXPECT_EQ(again->issuing.der(), file.issuing.der());
    EXPECT_EQ(again->crl.der(), file.crl.der());
    EXPECT_EQ(again->root_crl.has_value(), with_root_crl);
  }
}

TEST(RoundTrip, ANameMayHaveUmlautsAndNoOrganization) {
  for (const DistinguishedName& name :
       {DistinguishedName{"", "L-1"}, DistinguishedName{"Müller & Söhne", "日本"},
        DistinguishedName{std::string(64, 'x'), std::string(64, 'y')}}) {
    const auto der = EncodeName(name);
    ASSERT_TRUE(der) << der.error().message;
    EXPECT_EQ(ParseName(*der).value(), name);
  }
}

}  // namespace
}  // namespace holdfast
