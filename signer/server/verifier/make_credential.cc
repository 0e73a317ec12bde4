#include "signer/server/verifier/make_credential.h"

#include "protocol/byte_cursor.h"
#include "protocol/crypto/key_wrapping.h"
#include "protocol/crypto/random.h"
#include "protocol/tpm/templates.h"

namespace holdfast {
namespace {

constexpr std::string_view kIdentity = "IDENTITY";
constexpr size_t kMaxSecret = 32;  // one SHA-256 digest: what every TPM takes

struct Seed {
  Secret seed;
  Bytes encrypted;  // content of TPM2B_ENCRYPTED_SECRET
};

// Part 1, B.10.3: OAEP with the label and its terminating zero.
Result<Seed> SeedForRsa(const PublicKey& key, HashAlgorithm hash) {
  Bytes label = ToBytes(kIdentity);
  label.push_back(0);
  Seed out{RandomSecret(DigestSize(hash)), {}};
  HOLDFAST_TRY(out.encrypted, RsaOaepEncrypt(key, hash, label, out.seed.Reveal()));
  return out;
}

// Part 1, C.6.1: one-pass ECDH with an ephemeral key, which travels as a TPMS_ECC_POINT.
Result<Seed> SeedForEcc(const PublicKey& key, HashAlgorithm hash) {
  HOLDFAST_TRY(EcdhShare share, EcdhEphemeral(key));
  auto bits = uint32_t(8 * DigestSize(hash));
  return Seed{tpm::KdfE(hash, share.z.Reveal(), kIdentity, share.ephemeral_x, key.EcX(), bits),
              Writer().Sized16(share.ephemeral_x).Sized16(share.ephemeral_y).Take()};
}

// TPMS_ID_OBJECT (Part 2, 12.4.3; Part 1, 24.4): encrypted, then authenticated together with the Name.
Result<Bytes> IdObject(const tpm::Public& ek, const Secret& seed, const tpm::Name& name,
                       const Secret& secret) {
  HashAlgorithm hash = tpm::HashOf(ek.name_alg);
  Secret storage = tpm::KdfA(hash, seed.Reveal(), "STORAGE", name, {}, ek.symmetric_bits);
  Secret credential(Writer().Sized16(secret.Reveal()).Take());
  HOLDFAST_TRY(Bytes encrypted, AesCfbEncrypt(storage, credential.Reveal()));
  Secret integrity = tpm::KdfA(hash, seed.Reveal(), "INTEGRITY", {}, {}, uint32_t(8 * DigestSize(hash)));
  return Writer().Sized16(Hmac(hash, integrity.Reveal(), {encrypted, name})).Raw(encrypted).Take();
}

}  // namespace

Result<Bytes> MakeCredential(const tpm::Public& ek, const tpm::Name& name, const Secret& secret) {
  if (secret.empty() || secret.size() > kMaxSecret)
    return Fail(ErrorKind::kInternal, "credential.secret", "a credential holds 1 to 32 octets");
  HOLDFAST_TRY(PublicKey key, tpm::KeyOf(ek));
  HashAlgorithm hash = tpm::HashOf(ek.name_alg);
  HOLDFAST_TRY(Seed seed, ek.type == tpm::Alg::kRsa ? SeedForRsa(key, hash) : SeedForEcc(key, hash));
  HOLDFAST_TRY(Bytes id_object, IdObject(ek, seed.seed, name, secret));
  return Writer().Sized16(id_object).Sized16(seed.encrypted).Take();
}

}  // namespace holdfast
