#include "protocol/crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstdlib>

#include "protocol/crypto/openssl_handles.h"

namespace holdfast {

const EVP_MD* DigestMethod(HashAlgorithm algorithm) {
  static const EVP_MD* const kSha256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  static const EVP_MD* const kSha384 = EVP_MD_fetch(nullptr, "SHA2-384", nullptr);
  return algorithm == HashAlgorithm::kSha256 ? kSha256 : kSha384;
}

size_t DigestSize(HashAlgorithm algorithm) {
  return algorithm == HashAlgorithm::kSha256 ? 32 : 48;
}

Bytes Digest(HashAlgorithm algorithm, std::initializer_list<ByteView> parts) {
  MdContextPtr context(EVP_MD_CTX_new());
  Bytes digest(DigestSize(algorithm));
  bool ok = context && EVP_DigestInit_ex2(context.get(), DigestMethod(algorithm), nullptr) == 1;
  for (ByteView part : parts) ok = ok && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  if (!ok || EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1)
    std::abort();  // no memory, or no SHA-2
  return digest;
}

Sha256Digest Sha256(std::initializer_list<ByteView> parts) {
  Bytes digest = Digest(HashAlgorithm::kSha256, parts);
  Sha256Digest result;
  std::copy(digest.begin(), digest.end(), result.begin());
  return result;
}
Sha256Digest Sha256(ByteView data) {
  return Sha256({data});
}

Bytes Hmac(HashAlgorithm algorithm, ByteView key, std::initializer_list<ByteView> parts) {
  Bytes message, digest(DigestSize(algorithm));
  for (ByteView part : parts) Append(message, part);
  unsigned size = 0;
  if (!HMAC(DigestMethod(algorithm), key.data(), static_cast<int>(key.size()), message.data(), message.size(),
            digest.data(), &size)) {
    std::abort();  // no memory
  }
  OPENSSL_cleanse(message.data(), message.size());
  return digest;
}

}  // namespace holdfast
