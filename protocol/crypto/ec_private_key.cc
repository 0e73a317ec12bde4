#include "protocol/crypto/ec_private_key.h"

#include <openssl/core_names.h>
#include <openssl/obj_mac.h>

#include "protocol/crypto/openssl_handles.h"
#include "protocol/crypto/public_key_impl.h"

namespace holdfast {

struct EcPrivateKey::Impl {
  PkeyPtr pkey;
};

namespace {

using GroupPtr = std::unique_ptr<EC_GROUP, OpensslFree<EC_GROUP_free>>;
using PointPtr = std::unique_ptr<EC_POINT, OpensslFree<EC_POINT_free>>;
using SecretBignum = std::unique_ptr<BIGNUM, OpensslFree<BN_clear_free>>;
constexpr size_t kPointSize = 65;

auto Failed(std::string_view what) {
  return Fail(ErrorKind::kInternal, "crypto.internal", "OpenSSL refuses " + std::string(what));
}

// d * G, uncompressed; empty when d is out of range.
Bytes PointOf(const BIGNUM* d) {
  GroupPtr group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  PointPtr point(group ? EC_POINT_new(group.get()) : nullptr);
  Bytes octets(kPointSize);
  if (!point || BN_is_zero(d) || BN_cmp(d, EC_GROUP_get0_order(group.get())) >= 0 ||
      EC_POINT_mul(group.get(), point.get(), d, nullptr, nullptr, nullptr) != 1 ||
      EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, octets.data(),
                         octets.size(), nullptr) != kPointSize) {
    return {};
  }
  return octets;
}

PkeyPtr KeyFrom(const BIGNUM* d, const Bytes& point) {
  ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) !=
          1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, d) != 1) {
    return nullptr;
  }
  ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  PkeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) != 1) {
    return nullptr;
  }
  return PkeyPtr(key);
}

Bytes Coordinate(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  BignumPtr owner(number);
  Bytes octets(EcPrivateKey::kScalarSize);
  if (number == nullptr || BN_bn2binpad(number, octets.data(), static_cast<int>(octets.size())) < 0)
    return {};
  return octets;
}

}  // namespace

Result<EcPrivateKey> EcPrivateKey::FromImpl(Impl impl) {
  if (!impl.pkey) return Failed("a private key");
  HOLDFAST_TRY(PublicKey key,
               PublicKey::FromEcPoint(KeyType::kEcP256, Coordinate(impl.pkey.get(), OSSL_PKEY_PARAM_EC_PUB_X),
                                      Coordinate(impl.pkey.get(), OSSL_PKEY_PARAM_EC_PUB_Y)));
  return EcPrivateKey(std::make_shared<const Impl>(std::move(impl)), std::move(key));
}

Result<EcPrivateKey> EcPrivateKey::Generate() {
  return FromImpl({PkeyPtr(EVP_EC_gen("P-256"))});
}

Result<EcPrivateKey> EcPrivateKey::FromScalar(const Secret& d) {
  // Secure numbers: their copies in OSSL_PARAM are overwritten as well.
  SecretBignum number(BN_secure_new());
  if (!number || d.size() != kScalarSize ||
      BN_bin2bn(d.Reveal().data(), static_cast<int>(d.size()), number.get()) == nullptr) {
    return Refused("key.private", "a private key that is not of 32 octets");
  }
  const Bytes point = PointOf(number.get());
  if (point.empty()) return Refused("key.private", "a private key that is out of range");
  return FromImpl({KeyFrom(number.get(), point)});
}

Secret EcPrivateKey::Scalar() const {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(impl_->pkey.get(), OSSL_PKEY_PARAM_PRIV_KEY, &number);
  SecretBignum owner(number);
  Bytes octets(kScalarSize);
  if (number != nullptr) BN_bn2binpad(number, octets.data(), static_cast<int>(octets.size()));
  return Secret(std::move(octets));
}

Result<Bytes> EcPrivateKey::Sign(const Sha256Digest& digest) const {
  PkeyContextPtr context(EVP_PKEY_CTX_new(impl_->pkey.get(), nullptr));
  Bytes der(80);
  size_t size = der.size();
  if (!context || EVP_PKEY_sign_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) != 1 ||
      EVP_PKEY_sign(context.get(), der.data(), &size, digest.data(), digest.size()) != 1) {
    return Failed("a signature");
  }
  der.resize(size);
  return EcdsaDerToRaw(der, kScalarSize);
}

Result<Secret> EcPrivateKey::Agree(const PublicKey& peer) const {
  if (peer.type() != KeyType::kEcP256) return Refused("key.curve", "a peer whose key is not on P-256");
  PkeyContextPtr context(EVP_PKEY_CTX_new(impl_->pkey.get(), nullptr));
  Bytes z(kScalarSize);
  size_t size = z.size();
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer.impl().pkey.get()) != 1 ||
      EVP_PKEY_derive(context.get(), z.data(), &size) != 1 || size != kScalarSize) {
    return Failed("an ECDH agreement");
  }
  return Secret(std::move(z));
}

}  // namespace holdfast
