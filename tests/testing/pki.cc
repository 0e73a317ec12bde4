#include "tests/testing/pki.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cstdio>
#include <cstdlib>

namespace holdfast::testing {
namespace {

template <class T>
T Must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "testing/pki: %s: %s\n", result.error().check.c_str(),
                 result.error().message.c_str());
    std::abort();
  }
  return std::move(*result);
}

Time At(std::string_view text) {
  return Must(ParseTime(text));
}

const EVP_MD* HashOf(KeyType type) {
  return type == KeyType::kEcP384 ? EVP_sha384() : EVP_sha256();
}

EVP_PKEY* GenerateKey(KeyType type) {
  switch (type) {
    case KeyType::kEcP256:
      return EVP_EC_gen("P-256");
    case KeyType::kEcP384:
      return EVP_EC_gen("P-384");
    case KeyType::kRsa:
      return EVP_RSA_gen(3072);
    case KeyType::kEd25519:
      break;
  }
  std::abort();  // a SigningKey signs digests
}

CertificateFields RootFields(const PublicKey& key, const std::string& vendor) {
  CertificateFields f;
  f.profile = CertificateProfile::kRoot;
  f.serial = {0x01};
  f.issuer = f.subject = {vendor, "Example Root"};
  f.not_before = At("2026-01-01T00:00:00Z");
  f.not_after = kNoExpiry;
  f.subject_spki = key.spki();
  return f;
}

}  // namespace

std::shared_ptr<SoftwareKey> SoftwareKey::Generate(KeyType type) {
  std::shared_ptr<EVP_PKEY> pkey(GenerateKey(type), EVP_PKEY_free);
  unsigned char* der = nullptr;
  const int size = pkey ? i2d_PUBKEY(pkey.get(), &der) : 0;
  if (size <= 0) std::abort();
  const Bytes spki(der, der + size);
  OPENSSL_free(der);
  return std::shared_ptr<SoftwareKey>(new SoftwareKey(pkey, Must(PublicKey::FromSpki(spki))));
}

Result<Bytes> SoftwareKey::SignDigest(ByteView digest) {
  auto* pkey = static_cast<EVP_PKEY*>(pkey_.get());
  const KeyType type = public_key_.type();
  std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)> context(EVP_PKEY_CTX_new(pkey, nullptr),
                                                                 EVP_PKEY_CTX_free);
  size_t size = 0;
  if (!context || EVP_PKEY_sign_init(context.get()) != 1 ||
      (type == KeyType::kRsa && EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1) ||
      EVP_PKEY_CTX_set_signature_md(context.get(), HashOf(type)) != 1 ||
      EVP_PKEY_sign(context.get(), nullptr, &size, digest.data(), digest.size()) != 1)
    return Fail(ErrorKind::kInternal, "test.sign", "the software key cannot sign this digest");
  Bytes signature(size);
  if (EVP_PKEY_sign(context.get(), signature.data(), &size, digest.data(), digest.size()) != 1)
    return Fail(ErrorKind::kInternal, "test.sign", "the software key did not sign");
  signature.resize(size);
  if (type == KeyType::kRsa) return signature;
  return EcdsaDerToRaw(signature, public_key_.bits() / 8);
}

Bytes SoftwareKey::Sign(ByteView message) {
  return Must(SignDigest(Digest(HashFor(AlgorithmFor(public_key_.type())), {message})));
}

Bytes SignTbs(ByteView tbs, SigningKey& issuer) {
  const SignatureAlgorithm algorithm = AlgorithmFor(issuer.public_key().type());
  const Bytes signature = Must(issuer.SignDigest(Digest(HashFor(algorithm), {tbs})));
  return Must(AssembleSigned(tbs, algorithm, signature));
}

Bytes SignCertificate(const CertificateFields& fields, SigningKey& issuer) {
  return SignTbs(Must(BuildTbsCertificate(fields, AlgorithmFor(issuer.public_key().type()))), issuer);
}
Bytes SignCrl(const CrlFields& fields, SigningKey& issuer) {
  return SignTbs(Must(BuildTbsCrl(fields, AlgorithmFor(issuer.public_key().type()))), issuer);
}

TestPki::TestPki(KeyType root_type, KeyType issuing_type, const std::string& vendor)
    : root_key(SoftwareKey::Generate(root_type)),
      issuing_key(SoftwareKey::Generate(issuing_type)),
      message_key(SoftwareKey::Generate(KeyType::kEcP256)),
      license_key(SoftwareKey::Generate(KeyType::kEcP256)),
      root(Must(Certificate::Parse(SignCertificate(RootFields(root_key->public_key(), vendor), *root_key),
                                   CertificateProfile::kRoot))),
      issuing(Must(
          Certificate::Parse(SignCertificate(IssuingFields(), *root_key), CertificateProfile::kIssuing))),
      message(Must(Certificate::Parse(SignCertificate(MessageFields(), *issuing_key),
                                      CertificateProfile::kMessage))) {}

CertificateFields TestPki::IssuingFields() const {
  CertificateFields f;
  f.profile = CertificateProfile::kIssuing;
  f.serial = {0x02};
  f.issuer = root.fields().subject;
  f.subject = {f.issuer.organization, "default"};
  f.not_before = At("2026-01-02T00:00:00Z");
  f.not_after = kNoExpiry;
  f.subject_spki = issuing_key->public_key().spki();
  f.authority_key_id = KeyIdentifier(root_key->public_key());
  return f;
}

CertificateFields TestPki::MessageFields() const {
  CertificateFields f = IssuingFields();
  f.profile = CertificateProfile::kMessage;
  f.serial = {0x03};
  f.issuer = issuing.fields().subject;
  f.not_before = At("2026-01-03T00:00:00Z");
  f.not_after = At("2036-01-03T00:00:00Z");
  f.subject_spki = message_key->public_key().spki();
  f.authority_key_id = KeyIdentifier(issuing_key->public_key());
  return f;
}

LicenseTerms TestPki::Terms() {
  LicenseTerms terms;
  terms.license = "L-0001";
  terms.vendor = "Example Vendor";
  terms.product = "editor";
  terms.plan = "standard";
  terms.grants.edition = "standard";
  terms.grants.features = {{"export", FeatureValue(true)}};
  terms.grants.limits = {{"seats", Limit{LimitKind::kSeats, 5, MeterPeriod::kNever, 0}}};
  terms.valid_from = At("2026-11-01T00:00:00Z");
  terms.expires = At("2027-11-01T00:00:00Z");
  terms.expiry_grace = Seconds(7 * 86400);
  terms.warn_before = {Seconds(30 * 86400)};
  terms.offline_window = Seconds(30 * 86400);
  terms.heartbeat_interval = Seconds(86400);
  return terms;
}

CertificateFields TestPki::LicenseFields(const LicenseTerms& terms) const {
  CertificateFields f;
  f.profile = CertificateProfile::kLicense;
  f.serial = {0x4c, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f};
  f.issuer = issuing.fields().subject;
  f.subject = {"Example Customer", terms.license};
  f.not_before = terms.valid_from;
  f.not_after = terms.expires ? *terms.expires + terms.expiry_grace : kNoExpiry;
  f.subject_spki = license_key->public_key().spki();
  f.authority_key_id = issuing.subject_key_id();
  f.crl_uri = ShardUri(0);
  f.terms_json = FormatTerms(terms);
  return f;
}

std::string TestPki::ShardUri(int shard) const {
  return "urn:holdfast:crl:" + HexEncode(issuing.subject_key_id()) + ":" + std::to_string(shard);
}

CrlFields TestPki::ShardCrlFields(int shard) const {
  CrlFields f;
  f.issuer = issuing.fields().subject;
  f.this_update = kPkiNow;
  f.next_update = kPkiNow + Seconds(30 * 86400);
  f.authority_key_id = issuing.subject_key_id();
  f.number = 1;
  f.uri = ShardUri(shard);
  return f;
}

CrlFields TestPki::RootCrlFields() const {
  CrlFields f = ShardCrlFields();
  f.issuer = root.fields().subject;
  f.authority_key_id = root.subject_key_id();
  f.uri.clear();
  return f;
}

Certificate TestPki::IssueLicense(const CertificateFields& fields) const {
  return Must(Certificate::Parse(SignCertificate(fields, *issuing_key), CertificateProfile::kLicense));
}
Crl TestPki::IssueCrl(const CrlFields& fields) const {
  return Must(Crl::Parse(SignCrl(fields, *issuing_key)));
}
Crl TestPki::IssueRootCrl(const CrlFields& fields) const {
  return Must(Crl::Parse(SignCrl(fields, *root_key)));
}

LicenseFile TestPki::MakeLicenseFile(const LicenseTerms& terms, bool with_root_crl) const {
  LicenseFile file{IssueLicense(LicenseFields(terms)), issuing, IssueCrl(ShardCrlFields()), {}};
  if (with_root_crl) file.root_crl = IssueRootCrl(RootCrlFields());
  return file;
}
LicenseFile TestPki::MakeLicenseFile(bool with_root_crl) const {
  return MakeLicenseFile(Terms(), with_root_crl);
}

}  // namespace holdfast::testing
