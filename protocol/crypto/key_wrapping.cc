#include "protocol/crypto/key_wrapping.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "protocol/crypto/openssl_handles.h"
#include "protocol/crypto/public_key_impl.h"

namespace holdfast {
namespace {

auto Failed(std::string_view what) {
  return Fail(ErrorKind::kInternal, "crypto.internal", "OpenSSL refuses " + std::string(what));
}

Bytes Padded(const BIGNUM* number, size_t size) {
  Bytes bytes(size);
  BN_bn2binpad(number, bytes.data(), static_cast<int>(size));
  return bytes;
}

}  // namespace

Result<EcdhShare> EcdhEphemeral(const PublicKey& peer) {
  if (peer.type() != KeyType::kEcP256 && peer.type() != KeyType::kEcP384)
    return Refused("key.type", "a key that is not on P-256 or P-384");
  const size_t size = peer.bits() / 8;
  PkeyPtr own(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", peer.type() == KeyType::kEcP256 ? "P-256" : "P-384"));
  BIGNUM *x = nullptr, *y = nullptr;
  if (own) {
    EVP_PKEY_get_bn_param(own.get(), OSSL_PKEY_PARAM_EC_PUB_X, &x);
    EVP_PKEY_get_bn_param(own.get(), OSSL_PKEY_PARAM_EC_PUB_Y, &y);
  }
  BignumPtr x_owner(x), y_owner(y);
  PkeyContextPtr context(own ? EVP_PKEY_CTX_new(own.get(), nullptr) : nullptr);
  Bytes z(size);
  size_t z_size = size;
  if (!x || !y || !context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer.impl().pkey.get()) != 1 ||
      EVP_PKEY_derive(context.get(), z.data(), &z_size) != 1 || z_size != size) {
    return Failed("an ECDH agreement");
  }
  return EcdhShare{Padded(x, size), Padded(y, size), Secret(std::move(z))};
}

Result<Bytes> RsaOaepEncrypt(const PublicKey& key, HashAlgorithm hash, ByteView label, ByteView message) {
  if (key.type() != KeyType::kRsa) return Refused("key.type", "a key that is not RSA");
  const EVP_MD* md = DigestMethod(hash);
  PkeyContextPtr context(EVP_PKEY_CTX_new(key.impl().pkey.get(), nullptr));
  void* owned_label =
      OPENSSL_memdup(label.data(), label.size());  // set0: the context owns it when that succeeds
  bool ok = context && owned_label && EVP_PKEY_encrypt_init(context.get()) == 1 &&
            EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), md) == 1 &&
            EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), md) == 1;
  if (!ok ||
      EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), owned_label, static_cast<int>(label.size())) != 1) {
    OPENSSL_free(owned_label);
    return Failed("an OAEP encryption");
  }
  Bytes encrypted(key.bits() / 8);
  size_t size = encrypted.size();
  if (EVP_PKEY_encrypt(context.get(), encrypted.data(), &size, message.data(), message.size()) != 1)
    return Failed("an OAEP encryption");
  encrypted.resize(size);
  return encrypted;
}

Result<Bytes> AesCfbEncrypt(const Secret& key, ByteView plaintext) {
  if (key.size() != 16 && key.size() != 32) return Failed("an AES key of that size");
  const Bytes iv(16, 0);
  Bytes ciphertext(plaintext.size());
  CipherContextPtr c(EVP_CIPHER_CTX_new());
  int n = 0;
  if (!c ||
      EVP_EncryptInit_ex(c.get(), key.size() == 16 ? EVP_aes_128_cfb128() : EVP_aes_256_cfb128(), nullptr,
                         key.Reveal().data(), iv.data()) != 1 ||
      EVP_EncryptUpdate(c.get(), ciphertext.data(), &n, plaintext.data(),
                        static_cast<int>(plaintext.size())) != 1) {
    return Failed("an AES-CFB encryption");
  }
  return ciphertext;
}

}  // namespace holdfast
