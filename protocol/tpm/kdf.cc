#include <functional>

#include "protocol/byte_cursor.h"
#include "protocol/tpm/templates.h"

namespace holdfast::tpm {
namespace {

// Both KDFs count blocks from 1 and cut the last one (NIST SP 800-108 counter mode; SP 800-56A 5.8.1).
Secret Blocks(size_t size, const std::function<Bytes(ByteView counter)>& block) {
  Bytes out;
  for (uint32_t i = 1; out.size() < size; i++) Append(out, Secret(block(Writer().U32(i).bytes())).Reveal());
  out.resize(size);
  return Secret(std::move(out));
}

constexpr uint8_t kTerminator[] = {0};

}  // namespace

Secret KdfA(HashAlgorithm hash, ByteView key, std::string_view label, ByteView u, ByteView v, uint32_t bits) {
  Bytes length = Writer().U32(bits).Take();
  return Blocks(bits / 8, [&](ByteView counter) {
    return Hmac(hash, key, {counter, AsBytes(label), kTerminator, u, v, length});
  });
}

Secret KdfE(HashAlgorithm hash, ByteView z, std::string_view label, ByteView u, ByteView v, uint32_t bits) {
  return Blocks(bits / 8, [&](ByteView counter) {
    return Digest(hash, {counter, z, AsBytes(label), kTerminator, u, v});
  });
}

}  // namespace holdfast::tpm
