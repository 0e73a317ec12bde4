#include "certs/certificate.h"

#include "certs/algorithm.h"
#include "certs/certificate_rules.h"
#include "certs/der_reader.h"
#include "certs/extensions.h"

namespace holdfast {
namespace {

auto Bad(std::string_view field, std::string message) {
  return Malformed("certificate." + std::string(field), std::move(message));
}

// The views of a TBSCertificate, in the order of RFC 5280 4.1; not yet looked into.
struct Tbs {
  ByteView serial, algorithm, issuer, subject, spki;
  Time not_before, not_after;
  DerReader extensions{{}};
};

Status ReadVersionAndSerial(DerReader& tbs, Tbs& t) {
  DerReader version = tbs.Enter(der::Explicit(0));
  const ByteView number = version.UnsignedInteger();
  if (!version.Finish() || number.size() != 1 || number[0] != 2)
    return Bad("version", "a certificate that is not of version 3");
  t.serial = tbs.UnsignedInteger();
  if (!tbs.ok()) return Bad("serial", "a serial number that is negative or not DER");
  return {};
}

Status ReadValidity(DerReader& tbs, Tbs& t) {
  DerReader validity = tbs.Sequence();
  t.not_before = validity.ValidityTime();
  t.not_after = validity.ValidityTime();
  if (!validity.Finish())
    return Bad("validity", "times that are not UTCTime until 2049 and GeneralizedTime from 2050");
  return {};
}

Result<Tbs> ReadTbs(DerReader tbs) {
  Tbs t;
  HOLDFAST_CHECK(ReadVersionAndSerial(tbs, t));
  t.algorithm = tbs.Whole(der::kSequence);
  t.issuer = tbs.Whole(der::kSequence);
  HOLDFAST_CHECK(ReadValidity(tbs, t));
  t.subject = tbs.Whole(der::kSequence);
  t.spki = tbs.Whole(der::kSequence);
  DerReader wrapped = tbs.Enter(der::Explicit(3));
  t.extensions = wrapped.Sequence();
  if (!wrapped.Finish() || !tbs.Finish())
    return Bad("extensions", "no extensions, or something after them, or unique identifiers");
  return t;
}

Status ReadNames(const Tbs& t, CertificateFields& f) {
  auto issuer = ParseName(t.issuer);
  if (!issuer) return Bad("issuer", issuer.error().message);
  auto subject = ParseName(t.subject);
  if (!subject) return Bad("subject", subject.error().message);
  f.issuer = std::move(*issuer);
  f.subject = std::move(*subject);
  return {};
}

// Exactly the set that the profile has; then the values that it fixes.
Status CheckExtensionSet(const ExtensionValues& values, CertificateProfile profile) {
  for (size_t i = 0; i < kExtensionKinds; i++) {
    const auto kind = static_cast<ExtensionKind>(i);
    const bool expected = ProfileHas(profile, kind);
    if (!expected && values[i])
      return Refused("certificate.extensions", "an extension that the profile does not have");
    if (expected && !values[i]) return Bad(RuleOf(kind).name, "the extension is missing");
  }
  return {};
}

Status CheckFixedValues(const ExtensionValues& values, CertificateProfile profile) {
  const auto is = [&](ExtensionKind kind, ByteView expected) {
    return !ProfileHas(profile, kind) || Equal(*ValueOf(values, kind), expected);
  };
  const std::array<std::pair<ExtensionKind, ByteView>, 3> fixed{{
      {ExtensionKind::kKeyUsage, KeyUsageValue(profile)},
      {ExtensionKind::kBasicConstraints, BasicConstraintsValue(profile)},
      {ExtensionKind::kExtendedKeyUsage, ExtendedKeyUsageValue(profile)},
  }};
  for (const auto& [kind, value] : fixed)
    if (!is(kind, value)) return Bad(RuleOf(kind).name, "another value than the profile has");
  return {};
}

std::optional<std::string> ParseCrlDistributionPoints(ByteView value) {
  DerReader reader(value);
  DerReader points = reader.Sequence();
  DerReader point = points.Sequence();
  auto uri = ParseDistributionPointName(point);
  if (!point.Finish() || !points.Finish() || !reader.Finish()) return std::nullopt;
  return uri;
}

Status ReadOwnValues(const ExtensionValues& values, CertificateFields& f) {
  if (const auto& aki = ValueOf(values, ExtensionKind::kAuthorityKeyId)) {
    auto id = ParseAuthorityKeyId(*aki);
    if (!id) return Bad("authority_key_id", "not a key identifier of 20 octets alone");
    f.authority_key_id = std::move(*id);
  }
  if (const auto& points = ValueOf(values, ExtensionKind::kCrlDistributionPoints)) {
    auto uri = ParseCrlDistributionPoints(*points);
    if (!uri) return Bad("crl_distribution_points", "not one distribution point of one URI");
    f.crl_uri = std::move(*uri);
  }
  if (const auto& terms = ValueOf(values, ExtensionKind::kTerms)) {
    DerReader reader(*terms);
    f.terms_json = AsText(reader.Content(der::kUtf8String));
    if (!reader.Finish()) return Bad("terms", "not a UTF8String");
  }
  return {};
}

Result<Bytes> ReadSubjectKeyId(const ExtensionValues& values, ByteView spki) {
  DerReader reader(*ValueOf(values, ExtensionKind::kSubjectKeyId));
  const ByteView id = reader.Content(der::kOctetString);
  if (!reader.Finish() || !Equal(id, KeyIdentifier(spki)))
    return Bad("subject_key_id", "not the key identifier of the subject's key");
  return ToBytes(id);
}

Result<PublicKey> ReadSubjectKey(ByteView spki, CertificateProfile profile, const PublicKey* known) {
  const bool same = known && Equal(known->spki(), spki);
  auto key = same ? Result<PublicKey>(*known) : PublicKey::FromSpki(spki);
  if (!key) return Refused("certificate.key", key.error().message);
  HOLDFAST_CHECK(CheckSubjectKey(profile, *key));
  return key;
}

}  // namespace

Result<Certificate> Certificate::Parse(ByteView der, CertificateProfile profile, const PublicKey* known) {
  if (der.empty() || der.size() > kMaxCertificateSize)
    return Bad("size", "a certificate that is empty or larger than 32 KiB");
  DerReader reader(der);
  DerReader outer = reader.Sequence();
  const ByteView tbs = outer.Whole(der::kSequence);
  const ByteView algorithm = outer.Whole(der::kSequence);
  const ByteView signature = outer.BitString();
  if (!outer.Finish() || !reader.Finish())
    return Bad("der", "not the DER of a certificate, or something after it");

  HOLDFAST_TRY(const Tbs t, ReadTbs(DerReader(tbs).Sequence()));
  const auto parsed_algorithm = ParseAlgorithmIdentifier(t.algorithm);
  if (!parsed_algorithm || !Equal(t.algorithm, algorithm))
    return Refused("certificate.algorithm", "a signature algorithm that the profile excludes, or two");
  CertificateFields f;
  f.profile = profile;
  f.serial = ToBytes(t.serial);
  f.not_before = t.not_before;
  f.not_after = t.not_after;
  f.subject_spki = ToBytes(t.spki);
  HOLDFAST_CHECK(ReadNames(t, f));
  HOLDFAST_TRY(const ExtensionValues values, ReadExtensions(t.extensions, "certificate"));
  HOLDFAST_CHECK(CheckExtensionSet(values, profile));
  HOLDFAST_CHECK(CheckFixedValues(values, profile));
  HOLDFAST_CHECK(ReadOwnValues(values, f));
  HOLDFAST_CHECK(CheckCertificateFields(f));
  HOLDFAST_TRY(PublicKey key, ReadSubjectKey(t.spki, profile, known));
  HOLDFAST_TRY(Bytes subject_key_id, ReadSubjectKeyId(values, t.spki));

  Certificate certificate(std::move(f), std::move(key));
  certificate.der_ = ToBytes(der);
  certificate.tbs_offset_ = static_cast<size_t>(tbs.data() - der.data());
  certificate.tbs_size_ = tbs.size();
  certificate.algorithm_ = *parsed_algorithm;
  certificate.signature_ = ToBytes(signature);
  certificate.subject_key_id_ = std::move(subject_key_id);
  return certificate;
}

Status Certificate::VerifySignature(const PublicKey& issuer) const {
  if (algorithm_ != AlgorithmFor(issuer.type()) || !issuer.Verify(algorithm_, tbs(), signature_))
    return Refused("certificate.signature", "the certificate is not signed by its issuer's key");
  return {};
}

}  // namespace holdfast
