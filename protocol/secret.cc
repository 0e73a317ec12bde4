#include "protocol/secret.h"

#include <openssl/crypto.h>

namespace holdfast {

void Wipe(Bytes& octets) {
  if (!octets.empty()) OPENSSL_cleanse(octets.data(), octets.size());
  octets.clear();
}
void Wipe(std::string& text) {
  if (!text.empty()) OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) {
  other.bytes_.clear();
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Wipe(bytes_);
    bytes_ = std::move(other.bytes_);
    other.bytes_.clear();
  }
  return *this;
}

Secret::~Secret() {
  Wipe(bytes_);
}

bool Secret::Equals(const Secret& other) const {
  return size() == other.size() && CRYPTO_memcmp(bytes_.data(), other.bytes_.data(), size()) == 0;
}

}  // namespace holdfast
