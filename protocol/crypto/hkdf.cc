#include "protocol/crypto/hkdf.h"

#include "protocol/crypto/digest.h"

namespace holdfast {

Secret HkdfSha256(const Secret& input, ByteView salt, ByteView info, size_t size) {
  const Secret extracted(Hmac(HashAlgorithm::kSha256, salt, {input.Reveal()}));
  Bytes output;
  output.reserve(size + Sha256Digest().size());  // never moved, so that no copy is left behind
  Secret block;
  for (uint8_t round = 1; output.size() < size; round++) {
    block = Secret(Hmac(HashAlgorithm::kSha256, extracted.Reveal(), {block.Reveal(), info, Bytes{round}}));
    Append(output, block.Reveal());
  }
  const Secret all(std::move(output));
  return Secret::CopyOf(all.Reveal().first(size));
}

}  // namespace holdfast
