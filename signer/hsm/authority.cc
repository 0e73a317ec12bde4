#include "signer/hsm/authority.h"

#include "certs/lint.h"

namespace holdfast::hsm {
namespace {

Result<Bytes> Draft(ByteView tbs, const PublicKey& key) {
  return AssembleSigned(tbs, AlgorithmFor(key.type()), PlaceholderSignature(key));
}

Result<Bytes> SignTbs(ByteView tbs, SigningKey& issuer) {
  const SignatureAlgorithm algorithm = AlgorithmFor(issuer.public_key().type());
  HOLDFAST_TRY(const Bytes raw, issuer.SignDigest(Digest(HashFor(algorithm), {tbs})));
  return AssembleSigned(tbs, algorithm, raw);
}

}  // namespace

Result<Certificate> SignCertificate(const CertificateFields& fields, SigningKey& issuer) {
  HOLDFAST_TRY(const Bytes tbs, BuildTbsCertificate(fields, AlgorithmFor(issuer.public_key().type())));
  HOLDFAST_TRY(const Bytes draft, Draft(tbs, issuer.public_key()));
  HOLDFAST_CHECK(LintCertificate(draft, fields));
  HOLDFAST_TRY(const Bytes der, SignTbs(tbs, issuer));
  HOLDFAST_TRY(Certificate certificate, Certificate::Parse(der, fields.profile));
  HOLDFAST_CHECK(certificate.VerifySignature(issuer.public_key()));
  return certificate;
}

Result<Crl> SignCrl(const CrlFields& fields, SigningKey& issuer) {
  HOLDFAST_TRY(const Bytes tbs, BuildTbsCrl(fields, AlgorithmFor(issuer.public_key().type())));
  HOLDFAST_TRY(const Bytes draft, Draft(tbs, issuer.public_key()));
  HOLDFAST_CHECK(LintCrl(draft, fields));
  HOLDFAST_TRY(const Bytes der, SignTbs(tbs, issuer));
  HOLDFAST_TRY(Crl crl, Crl::Parse(der));
  HOLDFAST_CHECK(crl.VerifySignature(issuer.public_key()));
  return crl;
}

Bytes PlaceholderSignature(const PublicKey& key) {
  return Bytes(key.type() == KeyType::kRsa ? key.bits() / 8 : 2 * (key.bits() / 8), 0x01);
}

}  // namespace holdfast::hsm
