#include "tests/testing/tpm_key.h"

#include <openssl/core_names.h>
#include <openssl/x509.h>

#include <stdexcept>

#include "protocol/crypto/openssl_handles.h"

namespace holdfast::testing {
namespace {

EVP_PKEY* NewKey(KeyType type) {
  if (type == KeyType::kRsa) return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{2048});
  return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", type == KeyType::kEcP256 ? "P-256" : "P-384");
}

Bytes SpkiOf(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  int size = i2d_PUBKEY(key, &der);
  if (size <= 0) throw std::runtime_error("i2d_PUBKEY");
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

}  // namespace

TpmKey TpmKey::Generate(KeyType type) {
  std::shared_ptr<EVP_PKEY> handle(NewKey(type), EVP_PKEY_free);
  return {handle, PublicKey::FromSpki(SpkiOf(handle.get())).value()};
}

Bytes TpmKey::SignSha256(ByteView message) const {
  MdContextPtr context(EVP_MD_CTX_new());
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, handle_.get());
  Bytes signature(1024);
  size_t size = signature.size();
  if (EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1)
    throw std::runtime_error("EVP_DigestSign");
  signature.resize(size);
  if (public_key_.type() == KeyType::kRsa) return signature;
  return EcdsaDerToRaw(signature, public_key_.bits() / 8).value();
}

Bytes RsaModulus(const PublicKey& key) {
  const uint8_t* der = key.spki().data();
  PkeyPtr handle(d2i_PUBKEY(nullptr, &der, long(key.spki().size())));
  BIGNUM* n = nullptr;
  EVP_PKEY_get_bn_param(handle.get(), OSSL_PKEY_PARAM_RSA_N, &n);
  BignumPtr owner(n);
  Bytes out(size_t(BN_num_bytes(n)));
  BN_bn2bin(n, out.data());
  return out;
}

}  // namespace holdfast::testing
