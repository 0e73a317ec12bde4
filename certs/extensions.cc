#include "certs/extensions.h"

#include <algorithm>

namespace holdfast {
namespace {

constexpr uint8_t kAkiOid[] = {0x55, 0x1d, 0x23};
constexpr uint8_t kSkiOid[] = {0x55, 0x1d, 0x0e};
constexpr uint8_t kKeyUsageOid[] = {0x55, 0x1d, 0x0f};
constexpr uint8_t kBasicConstraintsOid[] = {0x55, 0x1d, 0x13};
constexpr uint8_t kExtendedKeyUsageOid[] = {0x55, 0x1d, 0x25};
constexpr uint8_t kCrlDistributionPointsOid[] = {0x55, 0x1d, 0x1f};
constexpr uint8_t kCrlNumberOid[] = {0x55, 0x1d, 0x14};
constexpr uint8_t kIssuingDistributionOid[] = {0x55, 0x1d, 0x1c};

// kHoldfastArc and one more number (certs/oids.h). The UUID does not fit any integer type, so the octets
// stand here; a test compares them with the dotted form.
#define HOLDFAST_OID(last)                                                                              \
  0x69, 0x81, 0xfa, 0xaf, 0xa5, 0xc7, 0xd3, 0xc5, 0x9a, 0xaa, 0x8d, 0xb0, 0xef, 0x97, 0xe3, 0x8c, 0x95, \
      0x9d, 0xc6, 0x4b, last
constexpr uint8_t kTermsOid[] = {HOLDFAST_OID(1)};
constexpr uint8_t kLicensePurposeValue[] = {0x30, 0x17, 0x06, 0x15, HOLDFAST_OID(2)};
constexpr uint8_t kMessagePurposeValue[] = {0x30, 0x17, 0x06, 0x15, HOLDFAST_OID(3)};
#undef HOLDFAST_OID

constexpr uint8_t kCertSignCrlSign[] = {0x03, 0x02, 0x01, 0x06};
constexpr uint8_t kDigitalSignature[] = {0x03, 0x02, 0x07, 0x80};
constexpr uint8_t kCa[] = {0x30, 0x03, 0x01, 0x01, 0xff};
constexpr uint8_t kCaPathLenZero[] = {0x30, 0x06, 0x01, 0x01, 0xff, 0x02, 0x01, 0x00};
constexpr uint8_t kNotCa[] = {0x30, 0x00};

constexpr std::string_view kCrlUriPrefix = "urn:holdfast:crl:";
constexpr size_t kMaxShardDigits = 9;

bool IsCa(CertificateProfile profile) {
  return profile == CertificateProfile::kRoot || profile == CertificateProfile::kIssuing;
}

std::optional<size_t> Find(ByteView oid) {
  for (size_t i = 0; i < kExtensionKinds; i++)
    if (Equal(RuleOf(static_cast<ExtensionKind>(i)).oid, oid)) return i;
  return std::nullopt;
}

}  // namespace

const ExtensionRule& RuleOf(ExtensionKind kind) {
  static const std::array<ExtensionRule, kExtensionKinds> kRules{{
      {kAkiOid, "authority_key_id", false},
      {kSkiOid, "subject_key_id", false},
      {kKeyUsageOid, "key_usage", true},
      {kBasicConstraintsOid, "basic_constraints", true},
      {kExtendedKeyUsageOid, "extended_key_usage", true},
      {kCrlDistributionPointsOid, "crl_distribution_points", false},
      {kTermsOid, "terms", false},
      {kCrlNumberOid, "number", false},
      {kIssuingDistributionOid, "issuing_distribution_point", true},
  }};
  return kRules[static_cast<size_t>(kind)];
}

bool ProfileHas(CertificateProfile profile, ExtensionKind kind) {
  switch (kind) {
    case ExtensionKind::kSubjectKeyId:
    case ExtensionKind::kKeyUsage:
    case ExtensionKind::kBasicConstraints:
      return true;
    case ExtensionKind::kAuthorityKeyId:
      return profile != CertificateProfile::kRoot;
    case ExtensionKind::kExtendedKeyUsage:
      return !IsCa(profile);
    case ExtensionKind::kCrlDistributionPoints:
    case ExtensionKind::kTerms:
      return profile == CertificateProfile::kLicense;
    case ExtensionKind::kCrlNumber:
    case ExtensionKind::kIssuingDistribution:
      return false;
  }
  return false;
}

ByteView KeyUsageValue(CertificateProfile profile) {
  return IsCa(profile) ? ByteView(kCertSignCrlSign) : ByteView(kDigitalSignature);
}
ByteView BasicConstraintsValue(CertificateProfile profile) {
  if (profile == CertificateProfile::kRoot) return kCa;
  return profile == CertificateProfile::kIssuing ? ByteView(kCaPathLenZero) : ByteView(kNotCa);
}
ByteView ExtendedKeyUsageValue(CertificateProfile profile) {
  return profile == CertificateProfile::kLicense ? ByteView(kLicensePurposeValue)
                                                 : ByteView(kMessagePurposeValue);
}

void WriteAuthorityKeyId(DerWriter& w, ByteView key_id) {
  WriteExtension(w, ExtensionKind::kAuthorityKeyId,
                 [&] { w.Sequence([&] { w.Element(der::Implicit(0), key_id); }); });
}

void WriteDistributionPointName(DerWriter& w, std::string_view uri) {
  w.Constructed(der::Explicit(0),
                [&] { w.Constructed(der::Explicit(0), [&] { w.Element(der::Implicit(6), uri); }); });
}

Result<ExtensionValues> ReadExtensions(DerReader list, std::string_view context) {
  const std::string check = std::string(context) + ".extensions";
  ExtensionValues values;
  while (!list.AtEnd()) {
    DerReader extension = list.Sequence();
    const auto kind = Find(extension.Content(der::kOid));
    const bool critical = extension.True();
    const ByteView value = extension.Content(der::kOctetString);
    if (!extension.Finish()) return Malformed(check, "an extension that is not DER");
    if (!kind) return Refused(check, "an extension that does not belong to the profile");
    if (values[*kind]) return Refused(check, "the same extension twice");
    const ExtensionRule& rule = RuleOf(static_cast<ExtensionKind>(*kind));
    if (critical != rule.critical)
      return Refused(std::string(context) + "." + std::string(rule.name),
                     "an extension that is " + std::string(critical ? "critical" : "not critical") +
                         " and should not be so");
    values[*kind] = value;
  }
  if (!list.Finish()) return Malformed(check, "extensions that are not DER");
  return values;
}

std::optional<Bytes> ParseAuthorityKeyId(ByteView value) {
  DerReader reader(value);
  DerReader inside = reader.Sequence();
  const ByteView id = inside.Content(der::Implicit(0));
  if (!inside.Finish() || !reader.Finish() || id.size() != 20) return std::nullopt;
  return ToBytes(id);
}

std::optional<std::string> ParseDistributionPointName(DerReader& reader) {
  DerReader name = reader.Enter(der::Explicit(0));
  DerReader full = name.Enter(der::Explicit(0));
  const ByteView uri = full.Content(der::Implicit(6));
  if (!full.Finish() || !name.Finish()) return std::nullopt;
  return std::string(AsText(uri));
}

bool IsCrlUri(std::string_view uri, ByteView issuer_key_id) {
  const std::string prefix = std::string(kCrlUriPrefix) + HexEncode(issuer_key_id) + ":";
  if (issuer_key_id.size() != 20 || !uri.starts_with(prefix)) return false;
  const std::string_view shard = uri.substr(prefix.size());
  return !shard.empty() && shard.size() <= kMaxShardDigits && (shard == "0" || shard[0] != '0') &&
         std::all_of(shard.begin(), shard.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace holdfast
