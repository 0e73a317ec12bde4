#include "protocol/crypto/public_key.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>

#include "protocol/crypto/openssl_handles.h"
#include "protocol/crypto/public_key_impl.h"

namespace holdfast {
namespace {

auto WrongAlgorithm() {
  return Refused("signature.algorithm", "a signature algorithm that is not that of the key");
}

auto Invalid() {
  return Refused("signature.invalid", "the signature does not fit the content and the key");
}

// --- SubjectPublicKeyInfo, written by ourselves so that a key has exactly one encoding.

constexpr uint8_t kEcPrefix256[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
constexpr uint8_t kEcPrefix384[] = {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
                                    0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04};
constexpr uint8_t kEd25519Prefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr uint8_t kRsaAlgorithm[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                     0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};

ByteView EcPrefix(KeyType curve) {
  return curve == KeyType::kEcP256 ? ByteView(kEcPrefix256) : ByteView(kEcPrefix384);
}

Bytes Tlv(uint8_t tag, ByteView content) {
  Bytes der{tag};
  if (content.size() > 0xff) {
    der.insert(der.end(), {0x82, static_cast<uint8_t>(content.size() >> 8)});
  } else if (content.size() > 0x7f) {
    der.push_back(0x81);
  }
  der.push_back(static_cast<uint8_t>(content.size()));
  Append(der, content);
  return der;
}

Bytes UnsignedInteger(ByteView number) {
  while (number.size() > 1 && number[0] == 0) number = number.subspan(1);
  Bytes content;
  if (number.empty() || (number[0] & 0x80) != 0) content.push_back(0);
  Append(content, number);
  return Tlv(0x02, content);
}

Bytes RsaSpki(ByteView modulus, uint32_t exponent) {
  const uint8_t e[] = {static_cast<uint8_t>(exponent >> 24), static_cast<uint8_t>(exponent >> 16),
                       static_cast<uint8_t>(exponent >> 8), static_cast<uint8_t>(exponent)};
  Bytes key = UnsignedInteger(modulus);
  Append(key, UnsignedInteger(e));
  Bytes bits{0x00};
  Append(bits, Tlv(0x30, key));
  Bytes content = ToBytes(ByteView(kRsaAlgorithm));
  Append(content, Tlv(0x03, bits));
  return Tlv(0x30, content);
}

// --- EVP_PKEY

// Slow, so it is done once per key.
PkeyPtr Decode(ByteView spki) {
  const uint8_t* p = spki.data();
  PkeyPtr key(d2i_PUBKEY(nullptr, &p, static_cast<long>(spki.size())));
  return p == spki.data() + spki.size() ? std::move(key) : nullptr;
}

// The decoders spend 80 µs on finding each other; a point set into a copy of a key of the same curve costs 4 and
// is checked to be on the curve all the same.
PkeyPtr DecodeEcPoint(KeyType curve, ByteView uncompressed) {
  static const PkeyPtr kP256(EVP_EC_gen("P-256")), kP384(EVP_EC_gen("P-384"));
  EVP_PKEY* same_curve = (curve == KeyType::kEcP256 ? kP256 : kP384).get();
  PkeyPtr key(EVP_PKEY_new());
  const bool ok = same_curve && key && EVP_PKEY_copy_parameters(key.get(), same_curve) == 1 &&
                  EVP_PKEY_set1_encoded_public_key(key.get(), uncompressed.data(), uncompressed.size()) == 1;
  return ok ? std::move(key) : nullptr;
}

bool CurveIs(EVP_PKEY* key, const char* name) {
  char group[32] = {};
  return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, nullptr) == 1 &&
         std::string_view(group) == name;
}

}  // namespace

// libcrypto checks that a point is on the curve; what it does not check is the one canonical encoding.
static Result<PublicKey::Impl> Build(KeyType type, size_t bits, Bytes spki) {
  PublicKey::Impl impl;
  impl.type = type;
  impl.bits = bits;
  const bool ec = type == KeyType::kEcP256 || type == KeyType::kEcP384;
  impl.pkey = ec ? DecodeEcPoint(type, ByteView(spki).last(2 * bits / 8 + 1)) : Decode(spki);
  if (!impl.pkey && ec) return Refused("key.point", "a public key whose point is not on the curve");
  if (!impl.pkey)
    return Refused(type == KeyType::kRsa ? "key.size" : "key.point",
                   "a public key that libcrypto does not take");
  if (type == KeyType::kRsa && (EVP_PKEY_get_base_id(impl.pkey.get()) != EVP_PKEY_RSA ||
                                EVP_PKEY_get_bits(impl.pkey.get()) != static_cast<int>(bits)))
    return Refused("key.size", "an RSA key of another size than it says");
  impl.spki = std::move(spki);
  return impl;
}

Result<PublicKey> PublicKey::FromImpl(Result<Impl> impl) {
  if (!impl) return tl::unexpected(std::move(impl.error()));
  PublicKey key;
  key.impl_ = std::make_shared<const Impl>(std::move(*impl));
  return key;
}

Result<PublicKey> PublicKey::FromEcPoint(KeyType curve, ByteView x, ByteView y) {
  const size_t size = curve == KeyType::kEcP256 ? 32 : 48;
  if (curve != KeyType::kEcP256 && curve != KeyType::kEcP384)
    return Refused("key.curve", "a curve other than P-256 and P-384");
  if (x.size() != size || y.size() != size)
    return Malformed("key.point", "a point coordinate of wrong length");
  Bytes spki = ToBytes(EcPrefix(curve));
  Append(spki, x);
  Append(spki, y);
  return FromImpl(Build(curve, size * 8, std::move(spki)));
}

Result<PublicKey> PublicKey::FromRsa(ByteView modulus, uint32_t exponent) {
  while (!modulus.empty() && modulus[0] == 0) modulus = modulus.subspan(1);
  if (modulus.empty()) return Refused("key.size", "an RSA key without a modulus");
  size_t bits = modulus.size() * 8;
  for (uint8_t top = modulus[0]; (top & 0x80) == 0; top = static_cast<uint8_t>(top << 1)) bits--;
  if (bits < 2048 || bits > 4096)
    return Refused("key.size", "an RSA key of " + std::to_string(bits) + " bits; 2048 to 4096 are accepted");
  if (exponent < 65537 || exponent % 2 == 0)
    return Refused("key.size", "an RSA exponent that is even or below 65537");
  if ((modulus.back() & 1) == 0) return Refused("key.size", "an even RSA modulus");
  return FromImpl(Build(KeyType::kRsa, bits, RsaSpki(modulus, exponent)));
}

Result<PublicKey> PublicKey::FromEd25519(ByteView raw) {
  if (raw.size() != 32) return Malformed("key.size", "an Ed25519 key that is not of 32 octets");
  Bytes spki = ToBytes(ByteView(kEd25519Prefix));
  Append(spki, raw);
  return FromImpl(Build(KeyType::kEd25519, 256, std::move(spki)));
}

// Recognises the encoding, rebuilds it through the constructors above, and demands that it is the same
// octets.
Result<PublicKey> PublicKey::FromSpki(ByteView der) {
  if (der.size() > 1024) return Malformed("key.spki", "a public key of more than 1024 octets");
  auto starts = [&](ByteView prefix, size_t total) {
    return der.size() == total && std::equal(prefix.begin(), prefix.end(), der.begin());
  };
  if (starts(kEcPrefix256, 91))
    return FromEcPoint(KeyType::kEcP256, der.subspan(27, 32), der.subspan(59, 32));
  if (starts(kEcPrefix384, 120))
    return FromEcPoint(KeyType::kEcP384, der.subspan(24, 48), der.subspan(72, 48));
  if (starts(kEd25519Prefix, 44)) return FromEd25519(der.subspan(12));
  PkeyPtr key = Decode(der);
  if (!key) return Malformed("key.spki", "not a SubjectPublicKeyInfo");
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
    return Refused("key.type",
                   CurveIs(key.get(), "prime256v1")
                       ? "an EC key that is not encoded with a named curve and an uncompressed point"
                       : "a key type or curve that is not supported");
  BIGNUM *n = nullptr, *e = nullptr;
  EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_N, &n);
  EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_E, &e);
  BignumPtr modulus(n), exponent(e);
  if (!n || !e || BN_num_bits(e) > 32 || BN_num_bits(n) > 8192)
    return Refused("key.size", "an RSA key of unusual size");
  Bytes bytes(static_cast<size_t>(BN_num_bytes(n)));
  BN_bn2bin(n, bytes.data());
  HOLDFAST_TRY(PublicKey result, FromRsa(bytes, static_cast<uint32_t>(BN_get_word(e))));
  if (!Equal(result.spki(), der)) return Malformed("key.spki", "a public key that is not in canonical DER");
  return result;
}

KeyType PublicKey::type() const {
  return impl_->type;
}
size_t PublicKey::bits() const {
  return impl_->bits;
}
const Bytes& PublicKey::spki() const {
  return impl_->spki;
}
Sha256Digest PublicKey::SpkiSha256() const {
  return Sha256(impl_->spki);
}

static Bytes Coordinate(KeyType type, const Bytes& spki, bool second) {
  if (type != KeyType::kEcP256 && type != KeyType::kEcP384) return {};
  const size_t size = type == KeyType::kEcP256 ? 32 : 48;
  return ToBytes(ByteView(spki).last(second ? size : 2 * size).first(size));
}
Bytes PublicKey::EcX() const {
  return Coordinate(type(), spki(), false);
}
Bytes PublicKey::EcY() const {
  return Coordinate(type(), spki(), true);
}

Status PublicKey::Verify(SignatureAlgorithm algorithm, ByteView message, ByteView signature,
                         EcdsaForm form) const {
  if (algorithm != SignatureAlgorithm::kEd25519)
    return VerifyDigest(algorithm, Digest(HashFor(algorithm), {message}), signature, form);
  if (algorithm != AlgorithmFor(type())) return WrongAlgorithm();
  MdContextPtr context(EVP_MD_CTX_new());
  if (!context || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, impl_->pkey.get()) != 1 ||
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) !=
          1) {
    return Invalid();
  }
  return {};
}

Status PublicKey::VerifyDigest(SignatureAlgorithm algorithm, ByteView digest, ByteView signature,
                               EcdsaForm form) const {
  if (algorithm != AlgorithmFor(type()) || algorithm == SignatureAlgorithm::kEd25519) return WrongAlgorithm();
  const HashAlgorithm hash = HashFor(algorithm);
  if (digest.size() != DigestSize(hash)) return Refused("signature.algorithm", "a digest of wrong length");
  Bytes converted;
  if (type() == KeyType::kEcP256 || type() == KeyType::kEcP384) {
    // Both directions, so that only the one canonical encoding reaches OpenSSL.
    const size_t order = type() == KeyType::kEcP256 ? 32 : 48;
    auto canonical =
        form == EcdsaForm::kRaw ? EcdsaRawToDer(signature, order) : EcdsaDerToRaw(signature, order);
    if (!canonical) return Invalid();
    if (form == EcdsaForm::kRaw) {
      converted = std::move(*canonical);
      signature = converted;
    }
  }
  PkeyContextPtr context(EVP_PKEY_CTX_new(impl_->pkey.get(), nullptr));
  if (!context || EVP_PKEY_verify_init(context.get()) != 1 ||
      (type() == KeyType::kRsa && EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1) ||
      EVP_PKEY_CTX_set_signature_md(context.get(), DigestMethod(hash)) != 1 ||
      EVP_PKEY_verify(context.get(), signature.data(), signature.size(), digest.data(), digest.size()) != 1) {
    return Invalid();
  }
  return {};
}

SignatureAlgorithm AlgorithmFor(KeyType type) {
  switch (type) {
    case KeyType::kEcP256:
      return SignatureAlgorithm::kEcdsaSha256;
    case KeyType::kEcP384:
      return SignatureAlgorithm::kEcdsaSha384;
    case KeyType::kRsa:
      return SignatureAlgorithm::kRsaSha256;
    case KeyType::kEd25519:
      return SignatureAlgorithm::kEd25519;
  }
  return SignatureAlgorithm::kEcdsaSha256;
}

HashAlgorithm HashFor(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::kEcdsaSha384 ? HashAlgorithm::kSha384 : HashAlgorithm::kSha256;
}

}  // namespace holdfast
