// The extensions of our certificates and CRLs: which there are, whether they are critical, which profile has
// which, and the values that the profile fixes. Writer and parser share this table, so they cannot disagree.
#pragma once

#include <array>
#include <optional>

#include "certs/certificate.h"
#include "certs/der_reader.h"

namespace holdfast {

enum class ExtensionKind {
  kAuthorityKeyId,         // RFC 5280 4.2.1.1
  kSubjectKeyId,           // 4.2.1.2
  kKeyUsage,               // 4.2.1.3
  kBasicConstraints,       // 4.2.1.9
  kExtendedKeyUsage,       // 4.2.1.12
  kCrlDistributionPoints,  // 4.2.1.13
  kTerms,                  // ours: UTF8String
  kCrlNumber,              // 5.2.3
  kIssuingDistribution,    // 5.2.5
};
inline constexpr size_t kExtensionKinds = 9;

struct ExtensionRule {
  ByteView oid;  // content octets
  std::string_view name;
  bool critical;
};
const ExtensionRule& RuleOf(ExtensionKind kind);

bool ProfileHas(CertificateProfile profile, ExtensionKind kind);
ByteView KeyUsageValue(CertificateProfile profile);
ByteView BasicConstraintsValue(CertificateProfile profile);
ByteView ExtendedKeyUsageValue(CertificateProfile profile);

// One Extension, the value written by `body`.
template <class Body>
void WriteExtension(DerWriter& w, ExtensionKind kind, Body body) {
  const ExtensionRule& rule = RuleOf(kind);
  w.Sequence([&] {
    w.Element(der::kOid, rule.oid);
    static constexpr uint8_t kTrue[] = {0xff};
    if (rule.critical) w.Element(der::kBoolean, ByteView(kTrue));
    w.Constructed(der::kOctetString, body);
  });
}
void WriteAuthorityKeyId(DerWriter& w, ByteView key_id);
// DistributionPointName: fullName of one URI; CRL distribution points and issuing distribution point share
// it.
void WriteDistributionPointName(DerWriter& w, std::string_view uri);

// The values of the extensions that are there, any order, each at most once, criticality as the table says.
// Check: <context>.extensions.
using ExtensionValues = std::array<std::optional<ByteView>, kExtensionKinds>;
Result<ExtensionValues> ReadExtensions(DerReader list, std::string_view context);
inline const std::optional<ByteView>& ValueOf(const ExtensionValues& values, ExtensionKind kind) {
  return values[static_cast<size_t>(kind)];
}

std::optional<Bytes> ParseAuthorityKeyId(ByteView value);  // 20 octets, nothing else in it
std::optional<std::string> ParseDistributionPointName(DerReader& reader);
// "urn:holdfast:crl:<issuer>:<shard>", the issuer being that key identifier in hex; shard: decimal.
bool IsCrlUri(std::string_view uri, ByteView issuer_key_id);

}  // namespace holdfast
