#include "tests/protocol/test_key.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <stdexcept>

namespace holdfast {

TestKey::TestKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {
  if (!key) throw std::runtime_error("no test key");
}

TestKey TestKey::Generate(KeyType type, unsigned rsa_bits) {
  switch (type) {
    case KeyType::kEcP256:
      return TestKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    case KeyType::kEcP384:
      return TestKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"));
    case KeyType::kRsa:
      return TestKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(rsa_bits)));
    case KeyType::kEd25519:
      break;
  }
  return TestKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}

TestKey TestKey::FromPem(std::string_view pem) {
  std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                BIO_free);
  return TestKey(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

PublicKey TestKey::public_key() const {
  uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  Bytes spki(der, der + size);
  OPENSSL_free(der);
  return PublicKey::FromSpki(spki).value();
}

Bytes TestKey::Sign(SignatureAlgorithm algorithm, ByteView message) const {
  const bool ed25519 = algorithm == SignatureAlgorithm::kEd25519;
  const HashAlgorithm hash = HashFor(algorithm);
  const EVP_MD* md = hash == HashAlgorithm::kSha384 ? EVP_sha384() : EVP_sha256();
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  Bytes signature(1024);
  size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, ed25519 ? nullptr : md, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1)
    throw std::runtime_error("cannot sign");
  signature.resize(size);
  if (EVP_PKEY_get_base_id(key_.get()) != EVP_PKEY_EC) return signature;
  return EcdsaDerToRaw(signature, EVP_PKEY_get_bits(key_.get()) == 384 ? 48 : 32).value();
}

}  // namespace holdfast
