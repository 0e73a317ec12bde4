#include "signer/server/verifier/outer_wrap.h"

#include "protocol/byte_cursor.h"
#include "protocol/crypto/key_wrapping.h"
#include "protocol/crypto/random.h"
#include "protocol/tpm/templates.h"

namespace holdfast {
namespace {

// Part 1, B.10.3: OAEP with the label and its terminating zero.
Result<WrapSeed> SeedForRsa(const PublicKey& key, HashAlgorithm hash, std::string_view label) {
  Bytes terminated = ToBytes(label);
  terminated.push_back(0);
  WrapSeed out{RandomSecret(DigestSize(hash)), {}};
  HOLDFAST_TRY(out.encrypted, RsaOaepEncrypt(key, hash, terminated, out.seed.Reveal()));
  return out;
}

// Part 1, C.6.1: one-pass ECDH with an ephemeral key, which travels as a TPMS_ECC_POINT.
Result<WrapSeed> SeedForEcc(const PublicKey& key, HashAlgorithm hash, std::string_view label) {
  HOLDFAST_TRY(EcdhShare share, EcdhEphemeral(key));
  auto bits = uint32_t(8 * DigestSize(hash));
  return WrapSeed{tpm::KdfE(hash, share.z.Reveal(), label, share.ephemeral_x, key.EcX(), bits),
                  Writer().Sized16(share.ephemeral_x).Sized16(share.ephemeral_y).Take()};
}

}  // namespace

Result<WrapSeed> MakeWrapSeed(const tpm::Public& to, std::string_view label) {
  HOLDFAST_TRY(PublicKey key, tpm::KeyOf(to));
  HashAlgorithm hash = tpm::HashOf(to.name_alg);
  return to.type == tpm::Alg::kRsa ? SeedForRsa(key, hash, label) : SeedForEcc(key, hash, label);
}

Result<Bytes> OuterWrap(const tpm::Public& to, const Secret& seed, const tpm::Name& name,
                        const Secret& secret) {
  HashAlgorithm hash = tpm::HashOf(to.name_alg);
  Secret storage = tpm::KdfA(hash, seed.Reveal(), "STORAGE", name, {}, to.symmetric_bits);
  HOLDFAST_TRY(Bytes encrypted, AesCfbEncrypt(storage, secret.Reveal()));
  Secret integrity = tpm::KdfA(hash, seed.Reveal(), "INTEGRITY", {}, {}, uint32_t(8 * DigestSize(hash)));
  return Writer().Sized16(Hmac(hash, integrity.Reveal(), {encrypted, name})).Raw(encrypted).Take();
}

}  // namespace holdfast
