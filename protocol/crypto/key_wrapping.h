// What TPM2_MakeCredential needs when it is computed without a TPM (TPM 2.0 Part 1, annex B and C), and
// nothing more.
#pragma once

#include "protocol/crypto/public_key.h"
#include "protocol/secret.h"

namespace holdfast {

struct EcdhShare {
  Bytes ephemeral_x, ephemeral_y;  // full length of the field
  Secret z;                        // x coordinate of the shared point, full length
};
Result<EcdhShare> EcdhEphemeral(const PublicKey& peer);  // P-256 or P-384
// RSAES-OAEP with hash and MGF1 hash `hash`; `label` includes its terminating zero where the TPM wants one.
Result<Bytes> RsaOaepEncrypt(const PublicKey& key, HashAlgorithm hash, ByteView label, ByteView message);
// AES in CFB mode with a zero IV; key of 16 or 32 octets.
Result<Bytes> AesCfbEncrypt(const Secret& key, ByteView plaintext);

}  // namespace holdfast
