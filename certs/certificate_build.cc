// Writing what certificate.cc reads.
#include <openssl/evp.h>

#include <cstdlib>

#include "certs/algorithm.h"
#include "certs/certificate.h"
#include "certs/certificate_rules.h"
#include "certs/extensions.h"

namespace holdfast {
namespace {

void WriteExtensions(DerWriter& w, const CertificateFields& f, ByteView subject_key_id) {
  const auto has = [&](ExtensionKind kind) { return ProfileHas(f.profile, kind); };
  const auto fixed = [&](ExtensionKind kind, ByteView value) {
    WriteExtension(w, kind, [&] { w.Raw(value); });
  };
  if (has(ExtensionKind::kAuthorityKeyId)) WriteAuthorityKeyId(w, f.authority_key_id);
  WriteExtension(w, ExtensionKind::kSubjectKeyId, [&] { w.Element(der::kOctetString, subject_key_id); });
  fixed(ExtensionKind::kKeyUsage, KeyUsageValue(f.profile));
  fixed(ExtensionKind::kBasicConstraints, BasicConstraintsValue(f.profile));
  if (has(ExtensionKind::kExtendedKeyUsage))
    fixed(ExtensionKind::kExtendedKeyUsage, ExtendedKeyUsageValue(f.profile));
  if (has(ExtensionKind::kCrlDistributionPoints))
    WriteExtension(w, ExtensionKind::kCrlDistributionPoints, [&] {
      w.Sequence([&] { w.Sequence([&] { WriteDistributionPointName(w, f.crl_uri); }); });
    });
  if (has(ExtensionKind::kTerms))
    WriteExtension(w, ExtensionKind::kTerms, [&] { w.Element(der::kUtf8String, f.terms_json); });
}

}  // namespace

Bytes KeyIdentifier(ByteView spki) {
  static const EVP_MD* const kSha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);  // once: it is slow
  DerReader reader(spki);
  DerReader info = reader.Sequence();
  info.Sequence();
  const ByteView key = info.BitString();
  if (!info.Finish() || !reader.Finish()) return {};
  Bytes id(20);
  if (EVP_Digest(key.data(), key.size(), id.data(), nullptr, kSha1, nullptr) != 1) std::abort();
  return id;
}
Bytes KeyIdentifier(const PublicKey& key) {
  return KeyIdentifier(key.spki());
}

Result<Bytes> BuildTbsCertificate(const CertificateFields& f, SignatureAlgorithm algorithm) {
  const ByteView identifier = AlgorithmIdentifier(algorithm);
  if (identifier.empty()) return Malformed("certificate.algorithm", "no key of ours signs with that");
  HOLDFAST_CHECK(CheckCertificateFields(f));
  HOLDFAST_TRY(const Bytes issuer, EncodeName(f.issuer));
  HOLDFAST_TRY(const Bytes subject, EncodeName(f.subject));
  const Bytes subject_key_id = KeyIdentifier(f.subject_spki);
  if (subject_key_id.empty()) return Malformed("certificate.key", "a subject key that is not DER");
  DerWriter w;
  w.Sequence([&] {
    w.Constructed(der::Explicit(0), [&] { w.UnsignedInteger(uint64_t{2}); });  // v3
    w.UnsignedInteger(f.serial);
    w.Raw(identifier);
    w.Raw(issuer);
    w.Sequence([&] {
      w.ValidityTime(f.not_before);
      w.ValidityTime(f.not_after);
    });
    w.Raw(subject);
    w.Raw(f.subject_spki);
    w.Constructed(der::Explicit(3), [&] { w.Sequence([&] { WriteExtensions(w, f, subject_key_id); }); });
  });
  return w.Take();
}

Result<Bytes> AssembleSigned(ByteView tbs, SignatureAlgorithm algorithm, ByteView raw_signature) {
  const ByteView identifier = AlgorithmIdentifier(algorithm);
  if (identifier.empty()) return Malformed("certificate.algorithm", "no key of ours signs with that");
  Bytes signature = ToBytes(raw_signature);
  if (algorithm != SignatureAlgorithm::kRsaSha256) {
    const size_t order = algorithm == SignatureAlgorithm::kEcdsaSha256 ? 32 : 48;
    HOLDFAST_TRY(signature, EcdsaRawToDer(raw_signature, order));
  }
  DerWriter w;
  w.Sequence([&] {
    w.Raw(tbs);
    w.Raw(identifier);
    w.BitString(signature);
  });
  return w.Take();
}

}  // namespace holdfast
