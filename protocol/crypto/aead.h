// AES-256-GCM (NIST SP 800-38D) with a 96-bit IV and a 128-bit tag.
#pragma once

#include "protocol/secret.h"

namespace holdfast {

struct Sealed {
  Bytes iv;  // 12 octets, fresh and random
  Bytes ciphertext;
  Bytes tag;  // 16 octets
};

Result<Sealed> AesGcmSeal(const Secret& key, ByteView aad, ByteView plaintext);    // key: 32 octets
Result<Secret> AesGcmOpen(const Secret& key, ByteView aad, const Sealed& sealed);  // check: aead.tag

}  // namespace holdfast
