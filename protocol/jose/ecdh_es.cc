#include "protocol/jose/ecdh_es.h"

#include "protocol/byte_cursor.h"
#include "protocol/crypto/digest.h"

namespace holdfast {

Secret ConcatKdf(const Secret& z, std::string_view algorithm, ByteView party_u, ByteView party_v,
                 uint32_t key_bits) {
  Writer info;
  for (ByteView part : {AsBytes(algorithm), party_u, party_v})
    info.U32(static_cast<uint32_t>(part.size())).Raw(part);
  info.U32(key_bits);
  const size_t size = key_bits / 8;
  Bytes key;
  key.reserve(size + 32);  // never moved, so that no copy is left behind
  for (uint32_t round = 1; key.size() < size; round++) {
    const Secret block(
        Digest(HashAlgorithm::kSha256, {Writer().U32(round).bytes(), z.Reveal(), info.bytes()}));
    Append(key, block.Reveal());
  }
  Secret all(std::move(key));
  return Secret::CopyOf(all.Reveal().first(size));
}

}  // namespace holdfast
