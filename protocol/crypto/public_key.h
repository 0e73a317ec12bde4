// Verification keys. Parsing is strict (RFC 5280 4.1.2.7, RFC 5480): named curves only, uncompressed points
// on the curve, RSA of 2048 to 4096 bits with a sane exponent; the DER must be exact. Verification is
// OpenSSL's.
#pragma once

#include <memory>

#include "protocol/crypto/digest.h"

namespace holdfast {

enum class KeyType { kEcP256, kEcP384, kRsa, kEd25519 };

// The algorithm belongs to the key, never to the message: see AlgorithmFor. (The chains of EK certificates, which
// use others as well, are verified by OpenSSL's X509_verify_cert.)
enum class SignatureAlgorithm {
  kEcdsaSha256,  // ES256, P-256
  kEcdsaSha384,  // ES384, P-384
  kRsaSha256,    // RS256, RSASSA-PKCS1-v1_5
  kEd25519,
};

enum class EcdsaForm { kDer, kRaw };  // SEQUENCE {r, s} of X.509, or r || s of JOSE and PKCS#11

class PublicKey {
 public:
  // SubjectPublicKeyInfo, DER. Check: key.spki, key.type, key.curve, key.point, key.size.
  static Result<PublicKey> FromSpki(ByteView der);
  static Result<PublicKey> FromEcPoint(KeyType curve, ByteView x, ByteView y);  // coordinates of full length
  static Result<PublicKey> FromRsa(ByteView modulus, uint32_t exponent);
  static Result<PublicKey> FromEd25519(ByteView raw);

  KeyType type() const;
  size_t bits() const;              // 256, 384, the modulus' size, 256
  const Bytes& spki() const;        // DER
  Sha256Digest SpkiSha256() const;  // our name for a key: what is pinned
  Bytes EcX() const;                // coordinates, full length; empty for other types
  Bytes EcY() const;

  // Strict DER or fixed-length raw signatures; anything else is refused. Check: signature.invalid (kRefused),
  // signature.algorithm when the algorithm is not AlgorithmFor(type()).
  Status Verify(SignatureAlgorithm algorithm, ByteView message, ByteView signature,
                EcdsaForm form = EcdsaForm::kDer) const;
  // The same over a digest of the algorithm's hash; not for Ed25519. Thread safe.
  Status VerifyDigest(SignatureAlgorithm algorithm, ByteView digest, ByteView signature,
                      EcdsaForm form = EcdsaForm::kDer) const;

  struct Impl;  // protocol/crypto/public_key_impl.h
  const Impl& impl() const { return *impl_; }

 private:
  static Result<PublicKey> FromImpl(Result<Impl> impl);
  PublicKey() = default;
  std::shared_ptr<const Impl> impl_;
};

// What our own keys sign with: P-256 ECDSA/SHA-256, P-384 ECDSA/SHA-384, RSA PKCS#1 v1.5/SHA-256, Ed25519.
SignatureAlgorithm AlgorithmFor(KeyType type);
HashAlgorithm HashFor(SignatureAlgorithm algorithm);  // not for Ed25519

// r || s  <->  SEQUENCE { r INTEGER, s INTEGER }, minimal and in range by length. order_bytes: 32 or 48.
// Check: signature.encoding.
Result<Bytes> EcdsaRawToDer(ByteView raw, size_t order_bytes);
Result<Bytes> EcdsaDerToRaw(ByteView der, size_t order_bytes);

}  // namespace holdfast
