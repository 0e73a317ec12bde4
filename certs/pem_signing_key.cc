#include "certs/pem_signing_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "protocol/crypto/openssl_handles.h"

namespace holdfast {
namespace {

tl::unexpected<Error> Fault(std::string_view check, std::string message) {
  ERR_clear_error();
  return Malformed(check, std::move(message), "An operator's key is a P-256 private key in PEM form");
}

class PemSigningKey : public SigningKey {
 public:
  PemSigningKey(PkeyPtr key, PublicKey public_key)
      : key_(std::move(key)), public_key_(std::move(public_key)) {}

  const PublicKey& public_key() const override { return public_key_; }

  Result<Bytes> SignDigest(ByteView digest) override {
    const PkeyContextPtr context(EVP_PKEY_CTX_new(key_.get(), nullptr));
    size_t size = 128;
    Bytes der(size);
    if (digest.size() != 32 || !context || EVP_PKEY_sign_init(context.get()) != 1 ||
        EVP_PKEY_sign(context.get(), der.data(), &size, digest.data(), digest.size()) != 1)
      return Fault("pem_key.sign", "the key cannot sign");
    der.resize(size);
    HOLDFAST_TRY(Bytes raw, EcdsaDerToRaw(der, 32));
    HOLDFAST_CHECK(public_key_.VerifyDigest(SignatureAlgorithm::kEcdsaSha256, digest, raw, EcdsaForm::kRaw));
    return raw;
  }

 private:
  PkeyPtr key_;
  PublicKey public_key_;
};

}  // namespace

Result<std::unique_ptr<SigningKey>> ParsePemSigningKey(const Secret& pem) {
  const BioPtr in(BIO_new_mem_buf(pem.Reveal().data(), static_cast<int>(pem.size())));
  PkeyPtr key(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!key) return Fault("pem_key.syntax", "it is not a private key in PEM form, or the passphrase is wrong");
  unsigned char* spki = nullptr;
  const int size = i2d_PUBKEY(key.get(), &spki);
  if (size <= 0) return Fault("pem_key.type", "its public key cannot be read");
  auto public_key = PublicKey::FromSpki({spki, static_cast<size_t>(size)});
  OPENSSL_free(spki);
  if (!public_key || public_key->type() != KeyType::kEcP256)
    return Fault("pem_key.type", "it is not a P-256 key");
  return std::make_unique<PemSigningKey>(std::move(key), std::move(*public_key));
}

}  // namespace holdfast
