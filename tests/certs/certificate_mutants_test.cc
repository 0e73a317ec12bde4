// What is not exactly a profile is refused, each by the name of its own check. The mutants are good
// certificates with one thing changed; the list follows what general libraries are known to accept.
#include <gtest/gtest.h>

#include <functional>

#include "certs/certificate_rules.h"
#include "certs/extensions.h"
#include "tests/testing/der_tree.h"
#include "tests/testing/pki.h"

namespace holdfast {
namespace {

using testing::DerNode;
using testing::SoftwareKey;
using testing::TestPki;

// One PKI for all mutants: none of them is signed again, since parsing verifies no signature.
const TestPki& Pki() {
  static const TestPki pki;
  return pki;
}
const Bytes& Good(CertificateProfile profile) {
  static const Bytes license = Pki().IssueLicense(Pki().LicenseFields(TestPki::Terms())).der();
  switch (profile) {
    case CertificateProfile::kRoot:
      return Pki().root.der();
    case CertificateProfile::kIssuing:
      return Pki().issuing.der();
    case CertificateProfile::kMessage:
      return Pki().message.der();
    case CertificateProfile::kLicense:
      break;
  }
  return license;
}

Bytes Hex(std::string_view hex) {
  return HexDecode(hex).value();
}
DerNode Node(std::string_view hex) {
  return DerNode::Parse(Hex(hex));
}

// --- Places in a certificate

enum Place : size_t { kVersion, kSerial, kAlgorithm, kIssuer, kValidity, kSubject, kKey, kExtensions };

DerNode& Field(DerNode& c, Place place) {
  return c[0][place];
}
DerNode& Extensions(DerNode& c) {
  return c[0].children.back()[0];
}
DerNode& Find(DerNode& c, ExtensionKind kind) {
  for (DerNode& e : Extensions(c).children)
    if (Equal(e[0].value, RuleOf(kind).oid)) return e;
  throw std::logic_error("no such extension");
}
void Remove(DerNode& c, ExtensionKind kind) {
  std::erase_if(Extensions(c).children, [&](DerNode& e) { return Equal(e[0].value, RuleOf(kind).oid); });
}
void SetValue(DerNode& c, ExtensionKind kind, std::string_view hex) {
  Find(c, kind).children.back().value = Hex(hex);
}
// Changes the DER inside the extension's value.
void Edit(DerNode& c, ExtensionKind kind, const std::function<void(DerNode&)>& edit) {
  Bytes& value = Find(c, kind).children.back().value;
  DerNode inside = DerNode::Parse(value);
  edit(inside);
  value = inside.Encode();
}
void AddExtension(DerNode& c, std::string_view hex) {
  Extensions(c).children.push_back(Node(hex));
}
void SetTimes(DerNode& c, uint8_t tag, std::string_view not_after) {
  Field(c, kValidity)[1] = DerNode::Primitive(tag, ToBytes(not_after));
}
void SetCommonName(DerNode& c, Place place, uint8_t tag, std::string_view text) {
  Field(c, place).children.back()[0][1] = DerNode::Primitive(tag, ToBytes(text));
}
void SetKey(DerNode& c, ByteView spki) {
  Field(c, kKey) = DerNode::Parse(spki);
  DerNode ski = DerNode::Primitive(der::kOctetString, KeyIdentifier(spki));
  Find(c, ExtensionKind::kSubjectKeyId).children.back().value = ski.Encode();
}
DerNode Critical(std::string_view hex) {
  return DerNode::Primitive(der::kBoolean, Hex(hex));
}

constexpr auto kAki = ExtensionKind::kAuthorityKeyId;
constexpr auto kSki = ExtensionKind::kSubjectKeyId;
constexpr auto kKeyUsage = ExtensionKind::kKeyUsage;
constexpr auto kBasic = ExtensionKind::kBasicConstraints;
constexpr auto kEku = ExtensionKind::kExtendedKeyUsage;
constexpr auto kCdp = ExtensionKind::kCrlDistributionPoints;
constexpr auto kTerms = ExtensionKind::kTerms;

// The distribution point of the good license: SEQUENCE { SEQUENCE { [0] { [0] { [6] uri } } } }.
Bytes& Uri(DerNode& points) {
  return points[0][0][0][0].value;
}
void SetUri(DerNode& c, const std::string& uri) {
  Edit(c, kCdp, [&](DerNode& points) { Uri(points) = ToBytes(uri); });
}

struct Mutant {
  const char* name;
  const char* check;  // without "certificate."
  std::function<void(DerNode&)> change;
  CertificateProfile profile = CertificateProfile::kLicense;
};
void PrintTo(const Mutant& mutant, std::ostream* os) {
  *os << mutant.name;
}

class CertificateMutants : public ::testing::TestWithParam<Mutant> {};

TEST_P(CertificateMutants, IsRefusedByItsOwnCheck) {
  const Mutant& mutant = GetParam();
  DerNode certificate = DerNode::Parse(Good(mutant.profile));
  ASSERT_TRUE(Certificate::Parse(certificate.Encode(), mutant.profile)) << "the good one is not good";
  mutant.change(certificate);
  const auto parsed = Certificate::Parse(certificate.Encode(), mutant.profile);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().check, "certificate." + std::string(mutant.check)) << parsed.error().message;
}

std::string Name(const ::testing::TestParamInfo<Mutant>& info) {
  return info.param.name;
}
#define MUTANTS(group, ...)                                                                                  \
  INSTANTIATE_TEST_SUITE_P(group, CertificateMutants, ::testing::ValuesIn(std::vector<Mutant>{__VA_ARGS__}), \
                           Name)

// clang-format off
MUTANTS(Version,
  {"V1WithoutVersion", "version", [](DerNode& c) { c[0].children.erase(c[0].children.begin()); }},
  {"V1", "version", [](DerNode& c) { Field(c, kVersion)[0].value = {0}; }},
  {"V2", "version", [](DerNode& c) { Field(c, kVersion)[0].value = {1}; }},
  {"V4", "version", [](DerNode& c) { Field(c, kVersion)[0].value = {3}; }},
  {"NotMinimal", "version", [](DerNode& c) { Field(c, kVersion)[0].value = {0, 2}; }},
  {"TwoNumbers", "version", [](DerNode& c) { Field(c, kVersion).children.push_back(Node("020102")); }});

MUTANTS(Serial,
  {"Zero", "serial", [](DerNode& c) { Field(c, kSerial).value = {0}; }},
  {"Negative", "serial", [](DerNode& c) { Field(c, kSerial).value = {0x80}; }},
  {"Empty", "serial", [](DerNode& c) { Field(c, kSerial).value = {}; }},
  {"NotMinimal", "serial", [](DerNode& c) { Field(c, kSerial).value = {0, 1}; }},
  {"FirstBitSet", "serial", [](DerNode& c) { Field(c, kSerial).value = {0, 0xff}; }},
  {"TwentyOneOctets", "serial", [](DerNode& c) { Field(c, kSerial).value = Bytes(21, 0x11); }},
  {"OtherType", "serial", [](DerNode& c) { Field(c, kSerial).tag = der::kOctetString; }});

MUTANTS(Algorithm,
  {"InnerAndOuterDiffer", "algorithm", [](DerNode& c) { c[1] = Node("300a06082a8648ce3d040303"); }},
  {"EcdsaWithNull", "algorithm", [](DerNode& c) { c[1] = Field(c, kAlgorithm) = Node("300c06082a8648ce3d0403020500"); }},
  {"EcdsaSha1", "algorithm", [](DerNode& c) { c[1] = Field(c, kAlgorithm) = Node("300906072a8648ce3d0401"); }},
  {"RsaSha1", "algorithm", [](DerNode& c) { c[1] = Field(c, kAlgorithm) = Node("300d06092a864886f70d0101050500"); }},
  {"RsaMd5", "algorithm", [](DerNode& c) { c[1] = Field(c, kAlgorithm) = Node("300d06092a864886f70d0101040500"); }},
  {"RsaWithoutNull", "algorithm", [](DerNode& c) { c[1] = Field(c, kAlgorithm) = Node("300b06092a864886f70d01010b"); }},
  {"RsaPss", "algorithm", [](DerNode& c) { c[1] = Field(c, kAlgorithm) = Node("300b06092a864886f70d01010a"); }},
  {"Dsa", "algorithm", [](DerNode& c) { c[1] = Field(c, kAlgorithm) = Node("300b0609608648016503040302"); }},
  {"Ed25519", "algorithm", [](DerNode& c) { c[1] = Field(c, kAlgorithm) = Node("300506032b6570"); }});

MUTANTS(Names,
  {"EmptyIssuer", "issuer", [](DerNode& c) { Field(c, kIssuer).children.clear(); }},
  {"EmptySubject", "subject", [](DerNode& c) { Field(c, kSubject).children.clear(); }},
  {"PrintableString", "subject", [](DerNode& c) { SetCommonName(c, kSubject, 0x13, "L-0001"); }},
  {"T61String", "issuer", [](DerNode& c) { SetCommonName(c, kIssuer, 0x14, "default"); }},
  {"SixtyFiveCharacters", "subject", [](DerNode& c) { SetCommonName(c, kSubject, der::kUtf8String, std::string(65, 'x')); }},
  {"EmptyCommonName", "subject", [](DerNode& c) { SetCommonName(c, kSubject, der::kUtf8String, ""); }},
  {"NewLine", "subject", [](DerNode& c) { SetCommonName(c, kSubject, der::kUtf8String, "L\n1"); }},
  {"Nul", "subject", [](DerNode& c) { SetCommonName(c, kSubject, der::kUtf8String, std::string_view("L\0001", 3)); }},
  {"RightToLeftOverride", "subject", [](DerNode& c) { SetCommonName(c, kSubject, der::kUtf8String, "L\u202e1"); }},
  {"OverlongUtf8", "subject", [](DerNode& c) { SetCommonName(c, kSubject, der::kUtf8String, "\xc1\x81"); }},
  {"Surrogate", "subject", [](DerNode& c) { SetCommonName(c, kSubject, der::kUtf8String, "\xed\xa0\x80"); }},
  {"NoCommonName", "subject", [](DerNode& c) { Field(c, kSubject).children.pop_back(); }},
  {"TwoCommonNames", "subject", [](DerNode& c) { auto& rdns = Field(c, kSubject).children; rdns.push_back(DerNode(rdns.back())); }},
  {"OtherOrder", "subject", [](DerNode& c) { std::swap(Field(c, kSubject)[0], Field(c, kSubject)[1]); }},
  {"MultiValued", "subject", [](DerNode& c) { DerNode& s = Field(c, kSubject); s[0].children.push_back(s[1][0]); s.children.pop_back(); }},
  {"OrganizationalUnit", "subject", [](DerNode& c) { Field(c, kSubject).children.push_back(Node("310a3008060355040b0c0155")); }});

MUTANTS(Validity,
  {"GeneralizedTimeBefore2050", "validity", [](DerNode& c) { SetTimes(c, der::kGeneralizedTime, "20271108000000Z"); }},
  {"UtcTimeWithoutSeconds", "validity", [](DerNode& c) { SetTimes(c, der::kUtcTime, "2711080000Z"); }},
  {"UtcTimeWithOffset", "validity", [](DerNode& c) { SetTimes(c, der::kUtcTime, "271108000000+0000"); }},
  {"LocalTime", "validity", [](DerNode& c) { SetTimes(c, der::kUtcTime, "2711080000000"); }},
  {"FractionalSeconds", "validity", [](DerNode& c) { SetTimes(c, der::kGeneralizedTime, "20501108000000.5Z"); }},
  {"ThirtiethOfFebruary", "validity", [](DerNode& c) { SetTimes(c, der::kUtcTime, "280230000000Z"); }},
  {"Hour24", "validity", [](DerNode& c) { SetTimes(c, der::kUtcTime, "271108240000Z"); }},
  {"LeapSecond", "validity", [](DerNode& c) { SetTimes(c, der::kUtcTime, "271231235960Z"); }},
  {"Year1951", "validity", [](DerNode& c) { SetTimes(c, der::kUtcTime, "510101000000Z"); }},
  {"Letters", "validity", [](DerNode& c) { SetTimes(c, der::kUtcTime, "27110800000xZ"); }},
  {"EndsBeforeItBegins", "validity", [](DerNode& c) { SetTimes(c, der::kUtcTime, "261031235959Z"); }},
  {"ThreeTimes", "validity", [](DerNode& c) { auto& v = Field(c, kValidity).children; v.push_back(DerNode(v[1])); }});

MUTANTS(Key,
  {"P384ForALicense", "key", [](DerNode& c) { SetKey(c, SoftwareKey::Generate(KeyType::kEcP384)->public_key().spki()); }},
  {"RsaForALicense", "key", [](DerNode& c) { SetKey(c, SoftwareKey::Generate(KeyType::kRsa)->public_key().spki()); }},
  {"Ed25519", "key", [](DerNode& c) { SetKey(c, Hex("302a300506032b6570032100" + std::string(62, '1') + "11")); }},
  {"OffTheCurve", "key", [](DerNode& c) { Bytes spki = Field(c, kKey).Encode(); spki.back() ^= 1; SetKey(c, spki); }},
  {"CompressedPoint", "key", [](DerNode& c) { DerNode k = Field(c, kKey); k[1].value.resize(34); k[1].value[1] = 2; SetKey(c, k.Encode()); }},
  {"HybridPoint", "key", [](DerNode& c) { DerNode k = Field(c, kKey); k[1].value[1] = static_cast<uint8_t>(6 | (k[1].value.back() & 1)); SetKey(c, k.Encode()); }},
  {"PointAtInfinity", "key", [](DerNode& c) { DerNode k = Field(c, kKey); k[1].value = {0, 0}; SetKey(c, k.Encode()); }},
  {"ExplicitCurve", "key", [](DerNode& c) { DerNode k = Field(c, kKey); k[0][1] = Node(
      "3081e0020101302c06072a8648ce3d0101022100ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
      "30440420ffffffff00000001000000000000000000000000fffffffffffffffffffffffc04205ac635d8aa3a93e7b3ebbd55769886"
      "bc651d06b0cc53b0f63bce3c3e27d2604b0441046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
      "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5022100ffffffff00000000ffffffffffffffffbc"
      "e6faada7179e84f3b9cac2fc632551020101"); SetKey(c, k.Encode()); }},
  {"UnknownCurve", "key", [](DerNode& c) { DerNode k = Field(c, kKey); k[0][1] = Node("06052b8104000a"); SetKey(c, k.Encode()); }},
  {"Dsa", "key", [](DerNode& c) { DerNode k = Field(c, kKey); k[0] = Node("300906072a8648ce380401"); SetKey(c, k.Encode()); }},
  {"SomethingAfterIt", "key", [](DerNode& c) { DerNode k = Field(c, kKey); k.children.push_back(Node("0500")); Field(c, kKey) = k; }});

MUTANTS(ExtensionSet,
  {"None", "extensions", [](DerNode& c) { c[0].children.pop_back(); }},
  {"EmptyList", "authority_key_id", [](DerNode& c) { Extensions(c).children.clear(); }},
  {"IssuerUniqueId", "extensions", [](DerNode& c) { auto& t = c[0].children; t.insert(t.end() - 1, Node("81020000")); }},
  {"SubjectUniqueId", "extensions", [](DerNode& c) { auto& t = c[0].children; t.insert(t.end() - 1, Node("82020000")); }},
  {"NoAuthorityKeyId", "authority_key_id", [](DerNode& c) { Remove(c, kAki); }},
  {"NoSubjectKeyId", "subject_key_id", [](DerNode& c) { Remove(c, kSki); }},
  {"NoKeyUsage", "key_usage", [](DerNode& c) { Remove(c, kKeyUsage); }},
  {"NoBasicConstraints", "basic_constraints", [](DerNode& c) { Remove(c, kBasic); }},
  {"NoExtendedKeyUsage", "extended_key_usage", [](DerNode& c) { Remove(c, kEku); }},
  {"NoCrlDistributionPoints", "crl_distribution_points", [](DerNode& c) { Remove(c, kCdp); }},
  {"NoTerms", "terms", [](DerNode& c) { Remove(c, kTerms); }},
  {"TwoTerms", "extensions", [](DerNode& c) { Extensions(c).children.push_back(DerNode(Find(c, kTerms))); }},
  {"TwoBasicConstraints", "extensions", [](DerNode& c) { Extensions(c).children.push_back(DerNode(Find(c, kBasic))); }},
  {"SubjectAltName", "extensions", [](DerNode& c) { AddExtension(c, "300d0603551d11040630048202613a"); }},
  {"AuthorityInfoAccess", "extensions", [](DerNode& c) { AddExtension(c, "300e06082b0601050507010104023000"); }},
  {"NonCriticalNameConstraints", "extensions", [](DerNode& c) { AddExtension(c, "30090603551d1e04023000"); }},
  {"UnknownNonCritical", "extensions", [](DerNode& c) { AddExtension(c, "300806022a0304020500"); }},
  {"UnknownCritical", "extensions", [](DerNode& c) { AddExtension(c, "300b06022a030101ff04020500"); }},
  {"CrlNumber", "extensions", [](DerNode& c) { AddExtension(c, "300a0603551d140403020101"); }},
  {"SomethingAfterTheValue", "extensions", [](DerNode& c) { Find(c, kTerms).children.push_back(Node("0500")); }});

MUTANTS(Criticality,
  {"AuthorityKeyIdCritical", "authority_key_id", [](DerNode& c) { auto& e = Find(c, kAki).children; e.insert(e.begin() + 1, Critical("ff")); }},
  {"SubjectKeyIdCritical", "subject_key_id", [](DerNode& c) { auto& e = Find(c, kSki).children; e.insert(e.begin() + 1, Critical("ff")); }},
  {"TermsCritical", "terms", [](DerNode& c) { auto& e = Find(c, kTerms).children; e.insert(e.begin() + 1, Critical("ff")); }},
  {"CrlDistributionPointsCritical", "crl_distribution_points", [](DerNode& c) { auto& e = Find(c, kCdp).children; e.insert(e.begin() + 1, Critical("ff")); }},
  {"KeyUsageNot", "key_usage", [](DerNode& c) { auto& e = Find(c, kKeyUsage).children; e.erase(e.begin() + 1); }},
  {"BasicConstraintsNot", "basic_constraints", [](DerNode& c) { auto& e = Find(c, kBasic).children; e.erase(e.begin() + 1); }},
  {"ExtendedKeyUsageNot", "extended_key_usage", [](DerNode& c) { auto& e = Find(c, kEku).children; e.erase(e.begin() + 1); }},
  {"FalseWrittenOut", "extensions", [](DerNode& c) { auto& e = Find(c, kTerms).children; e.insert(e.begin() + 1, Critical("00")); }},
  {"TrueAsInBer", "extensions", [](DerNode& c) { Find(c, kBasic)[1] = Critical("01"); }});

MUTANTS(FixedValues,
  {"KeyUsageMore", "key_usage", [](DerNode& c) { SetValue(c, kKeyUsage, "030205a0"); }},
  {"KeyUsageCertSign", "key_usage", [](DerNode& c) { SetValue(c, kKeyUsage, "03020284"); }},
  {"KeyUsageNoBits", "key_usage", [](DerNode& c) { SetValue(c, kKeyUsage, "030100"); }},
  {"KeyUsageNotMinimal", "key_usage", [](DerNode& c) { SetValue(c, kKeyUsage, "03020080"); }},
  {"LeafWithCaTrue", "basic_constraints", [](DerNode& c) { SetValue(c, kBasic, "30030101ff"); }},
  {"LeafWithPathLen", "basic_constraints", [](DerNode& c) { SetValue(c, kBasic, "3003020100"); }},
  {"LeafWithFalseWrittenOut", "basic_constraints", [](DerNode& c) { SetValue(c, kBasic, "3003010100"); }},
  {"ExtendedKeyUsageEmpty", "extended_key_usage", [](DerNode& c) { SetValue(c, kEku, "3000"); }},
  {"ExtendedKeyUsageAny", "extended_key_usage", [](DerNode& c) { SetValue(c, kEku, "30060604551d2500"); }},
  {"ExtendedKeyUsageTwo", "extended_key_usage", [](DerNode& c) { Edit(c, kEku, [](DerNode& u) { u.children.push_back(Node("06082b06010505070301")); }); }},
  {"PurposeOfAMessage", "extended_key_usage", [](DerNode& c) { Find(c, kEku).children.back().value = ToBytes(ExtendedKeyUsageValue(CertificateProfile::kMessage)); }});

MUTANTS(OwnValues,
  {"AuthorityKeyIdShort", "authority_key_id", [](DerNode& c) { Edit(c, kAki, [](DerNode& a) { a[0].value.pop_back(); }); }},
  {"AuthorityKeyIdEmpty", "authority_key_id", [](DerNode& c) { SetValue(c, kAki, "3000"); }},
  {"AuthorityKeyIdWithSerial", "authority_key_id", [](DerNode& c) { Edit(c, kAki, [](DerNode& a) { a.children.push_back(Node("820101")); }); }},
  {"SubjectKeyIdOfAnotherKey", "subject_key_id", [](DerNode& c) { Find(c, kSki).children.back().value.back() ^= 1; }},
  {"SubjectKeyIdShort", "subject_key_id", [](DerNode& c) { SetValue(c, kSki, "040101"); }},
  {"CrlUriOfTheWeb", "crl_distribution_points", [](DerNode& c) { SetUri(c, "http://127.0.0.1/crl"); }},
  {"CrlUriOfAnotherIssuer", "crl_distribution_points", [](DerNode& c) { SetUri(c, "urn:holdfast:crl:" + std::string(40, '0') + ":0"); }},
  {"CrlUriWithoutShard", "crl_distribution_points", [](DerNode& c) { Edit(c, kCdp, [](DerNode& p) { Uri(p).pop_back(); }); }},
  {"CrlUriWithLetters", "crl_distribution_points", [](DerNode& c) { Edit(c, kCdp, [](DerNode& p) { Uri(p).back() = 'a'; }); }},
  {"CrlUriWithLeadingZero", "crl_distribution_points", [](DerNode& c) { Edit(c, kCdp, [](DerNode& p) { Uri(p).push_back('1'); }); }},
  {"CrlUriTwice", "crl_distribution_points", [](DerNode& c) { Edit(c, kCdp, [](DerNode& p) { DerNode& full = p[0][0][0]; full.children.push_back(DerNode(full[0])); }); }},
  {"TwoCrlDistributionPoints", "crl_distribution_points", [](DerNode& c) { Edit(c, kCdp, [](DerNode& p) { p.children.push_back(DerNode(p[0])); }); }},
  {"CrlDistributionPointWithReasons", "crl_distribution_points", [](DerNode& c) { Edit(c, kCdp, [](DerNode& p) { p[0].children.push_back(Node("81020640")); }); }},
  {"TermsAsIa5String", "terms", [](DerNode& c) { Find(c, kTerms).children.back().value[0] = 0x16; }},
  {"TermsEmpty", "terms", [](DerNode& c) { SetValue(c, kTerms, "0c00"); }},
  {"TermsTooLong", "terms", [](DerNode& c) { Find(c, kTerms).children.back().value = DerNode::Primitive(der::kUtf8String, Bytes(16 * 1024 + 1, 'x')).Encode(); }},
  {"TermsAndMore", "terms", [](DerNode& c) { Append(Find(c, kTerms).children.back().value, Hex("0500")); }});

MUTANTS(Encoding,
  {"SomethingAfterTheSignature", "der", [](DerNode& c) { c.children.push_back(Node("0500")); }},
  {"TrailingOctet", "der", [](DerNode& c) { Bytes d = c.Encode(); d.push_back(0); c.raw = d; }},
  {"CutOff", "der", [](DerNode& c) { Bytes d = c.Encode(); d.pop_back(); c.raw = d; }},
  {"Empty", "size", [](DerNode& c) { c.raw = Bytes(); }},
  {"TooLarge", "size", [](DerNode& c) { c.raw = Bytes(kMaxCertificateSize + 1, 0x30); }},
  {"IndefiniteLength", "der", [](DerNode& c) { Bytes d = c.Encode(); d.erase(d.begin() + 2, d.begin() + 4); d[1] = 0x80; Append(d, Hex("0000")); c.raw = d; }},
  {"OuterLengthNotMinimal", "der", [](DerNode& c) { Bytes d = c.Encode(); d[1] = 0x83; d.insert(d.begin() + 2, 0); c.raw = d; }},
  {"InnerLengthNotMinimal", "serial", [](DerNode& c) { Field(c, kSerial).raw = Hex("02810101"); }},
  {"LengthBeyondTheEnd", "der", [](DerNode& c) { Bytes d = c.Encode(); d[3]++; c.raw = d; }},
  {"UnusedBitsInTheSignature", "der", [](DerNode& c) { c[2].value[0] = 1; }},
  {"SignatureWithoutOctets", "der", [](DerNode& c) { c[2].value.clear(); }},
  {"ConstructedBitString", "der", [](DerNode& c) { c[2].tag = 0x23; }},
  {"Nothing", "der", [](DerNode& c) { c.raw = Hex("3000"); }},
  {"Pem", "der", [](DerNode& c) { c.raw = ToBytes("-----BEGIN CERTIFICATE-----"); }});

MUTANTS(Authorities,
  {"IssuingWithoutPathLen", "basic_constraints", [](DerNode& c) { SetValue(c, kBasic, "30030101ff"); }, CertificateProfile::kIssuing},
  {"IssuingWithPathLenOne", "basic_constraints", [](DerNode& c) { SetValue(c, kBasic, "30060101ff020101"); }, CertificateProfile::kIssuing},
  {"IssuingNotCa", "basic_constraints", [](DerNode& c) { SetValue(c, kBasic, "3000"); }, CertificateProfile::kIssuing},
  {"IssuingWithoutCrlSign", "key_usage", [](DerNode& c) { SetValue(c, kKeyUsage, "03020204"); }, CertificateProfile::kIssuing},
  {"IssuingWithDigitalSignature", "key_usage", [](DerNode& c) { SetValue(c, kKeyUsage, "03020186"); }, CertificateProfile::kIssuing},
  {"IssuingWithTerms", "extensions", [](DerNode& c) { DerNode l = DerNode::Parse(Good(CertificateProfile::kLicense)); Extensions(c).children.push_back(Find(l, kTerms)); }, CertificateProfile::kIssuing},
  {"IssuingIsALicense", "extensions", [](DerNode& c) { c = DerNode::Parse(Good(CertificateProfile::kLicense)); }, CertificateProfile::kIssuing},
  {"LicenseIsAnIssuing", "extended_key_usage", [](DerNode& c) { c = DerNode::Parse(Good(CertificateProfile::kIssuing)); }},
  {"LicenseIsAMessage", "crl_distribution_points", [](DerNode& c) { c = DerNode::Parse(Good(CertificateProfile::kMessage)); }},
  {"MessageIsALicense", "extensions", [](DerNode& c) { c = DerNode::Parse(Good(CertificateProfile::kLicense)); }, CertificateProfile::kMessage},
  {"RootIsAnIssuing", "extensions", [](DerNode& c) { c = DerNode::Parse(Good(CertificateProfile::kIssuing)); }, CertificateProfile::kRoot},
  {"RootOfAnotherIssuer", "issuer", [](DerNode& c) { SetCommonName(c, kIssuer, der::kUtf8String, "another"); }, CertificateProfile::kRoot},
  {"RootWithPathLen", "basic_constraints", [](DerNode& c) { SetValue(c, kBasic, "30060101ff020101"); }, CertificateProfile::kRoot},
  {"RootWithAuthorityKeyId", "extensions", [](DerNode& c) { DerNode i = DerNode::Parse(Good(CertificateProfile::kIssuing)); Extensions(c).children.push_back(Find(i, kAki)); }, CertificateProfile::kRoot});
// clang-format on

TEST(CertificateKeys, OfTheVendorAreP256P384OrRsaOf3072Or4096Bits) {
  Bytes modulus(256, 0xff);
  const auto rsa = [&](size_t octets) {
    modulus.assign(octets, 0xff);
    return PublicKey::FromRsa(modulus, 65537).value();
  };
  EXPECT_EQ(CheckSubjectKey(CertificateProfile::kIssuing, rsa(256)).error().check, "certificate.key");
  EXPECT_TRUE(CheckSubjectKey(CertificateProfile::kIssuing, rsa(384)));
  EXPECT_TRUE(CheckSubjectKey(CertificateProfile::kRoot, rsa(512)));
  EXPECT_EQ(CheckSubjectKey(CertificateProfile::kRoot, rsa(385)).error().check, "certificate.key");
  EXPECT_TRUE(CheckSubjectKey(CertificateProfile::kMessage, rsa(384)));
  EXPECT_EQ(CheckSubjectKey(CertificateProfile::kMessage, rsa(256)).error().check, "certificate.key");
  EXPECT_FALSE(PublicKey::FromRsa(modulus, 3));
}

TEST(CertificateOrder, ExtensionsMayStandInAnyOrder) {
  DerNode certificate = DerNode::Parse(Good(CertificateProfile::kLicense));
  std::reverse(Extensions(certificate).children.begin(), Extensions(certificate).children.end());
  EXPECT_TRUE(Certificate::Parse(certificate.Encode(), CertificateProfile::kLicense));
}

}  // namespace
}  // namespace holdfast
