#include "protocol/crypto/aead.h"

#include "protocol/crypto/openssl_handles.h"
#include "protocol/crypto/random.h"

namespace holdfast {
namespace {

constexpr size_t kIvSize = 12, kTagSize = 16, kKeySize = 32;

auto Broken() {
  return Fail(ErrorKind::kInternal, "aead.internal", "AES-256-GCM is not available");
}

}  // namespace

Result<Sealed> AesGcmSeal(const Secret& key, ByteView aad, ByteView plaintext) {
  if (key.size() != kKeySize)
    return Fail(ErrorKind::kInternal, "aead.key", "a content key that is not of 32 octets");
  Sealed sealed{RandomBytes(kIvSize), Bytes(plaintext.size()), Bytes(kTagSize)};
  CipherContextPtr c(EVP_CIPHER_CTX_new());
  int n = 0;
  if (!c ||
      EVP_EncryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, key.Reveal().data(), sealed.iv.data()) != 1 ||
      EVP_EncryptUpdate(c.get(), nullptr, &n, aad.data(), static_cast<int>(aad.size())) != 1 ||
      EVP_EncryptUpdate(c.get(), sealed.ciphertext.data(), &n, plaintext.data(),
                        static_cast<int>(plaintext.size())) != 1 ||
      EVP_EncryptFinal_ex(c.get(), nullptr, &n) != 1 ||
      EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, kTagSize, sealed.tag.data()) != 1) {
    return Broken();
  }
  return sealed;
}

Result<Secret> AesGcmOpen(const Secret& key, ByteView aad, const Sealed& sealed) {
  if (key.size() != kKeySize || sealed.iv.size() != kIvSize || sealed.tag.size() != kTagSize)
    return Refused("aead.tag", "a sealed text with a key, IV or tag of wrong size");
  Bytes plaintext(sealed.ciphertext.size()), tag = sealed.tag;
  CipherContextPtr c(EVP_CIPHER_CTX_new());
  int n = 0;
  if (!c ||
      EVP_DecryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, key.Reveal().data(), sealed.iv.data()) != 1 ||
      EVP_DecryptUpdate(c.get(), nullptr, &n, aad.data(), static_cast<int>(aad.size())) != 1 ||
      EVP_DecryptUpdate(c.get(), plaintext.data(), &n, sealed.ciphertext.data(),
                        static_cast<int>(sealed.ciphertext.size())) != 1) {
    return Broken();
  }
  Secret opened(std::move(plaintext));  // wiped when the tag turns out wrong
  if (EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, kTagSize, tag.data()) != 1 ||
      EVP_DecryptFinal_ex(c.get(), nullptr, &n) != 1)
    return Refused("aead.tag", "the authentication tag does not fit: wrong key, or altered");
  return opened;
}

}  // namespace holdfast
