#include "protocol/crypto/random.h"

#include <openssl/rand.h>

#include <cstdlib>

namespace holdfast {

Bytes RandomBytes(size_t n) {
  Bytes bytes(n);
  if (RAND_bytes(bytes.data(), static_cast<int>(n)) != 1) std::abort();
  return bytes;
}

Secret RandomSecret(size_t n) {
  return Secret(RandomBytes(n));
}

}  // namespace holdfast
