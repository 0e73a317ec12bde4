#include "tests/testing/activate_credential.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "protocol/byte_cursor.h"
#include "protocol/crypto/openssl_handles.h"

namespace holdfast::testing {
namespace {

using Bits = uint32_t;

HashAlgorithm NameHash(const SoftwareTpm& tpm) {
  return tpm.ek_template == tpm::EkTemplate::kEccP384 ? HashAlgorithm::kSha384 : HashAlgorithm::kSha256;
}

std::optional<Secret> OaepDecrypt(const TpmKey& ek, ByteView encrypted) {
  constexpr uint8_t kLabel[] = "IDENTITY";  // with its terminating zero
  PkeyContextPtr context(EVP_PKEY_CTX_new(ek.handle(), nullptr));
  EVP_PKEY_decrypt_init(context.get());
  EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING);
  EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha256());
  EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha256());
  EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), OPENSSL_memdup(kLabel, sizeof kLabel), sizeof kLabel);
  Bytes seed(256);
  size_t size = seed.size();
  if (EVP_PKEY_decrypt(context.get(), seed.data(), &size, encrypted.data(), encrypted.size()) != 1) return {};
  seed.resize(size);
  return Secret(std::move(seed));
}

std::optional<Secret> Agree(const TpmKey& ek, HashAlgorithm hash, ByteView point) {
  Reader in(point);
  Bytes x = ToBytes(in.Sized16()), y = ToBytes(in.Sized16());
  auto peer = PublicKey::FromEcPoint(ek.public_key().type(), x, y);
  if (!in.AtEnd() || !peer) return {};
  const uint8_t* der = peer->spki().data();
  PkeyPtr handle(d2i_PUBKEY(nullptr, &der, long(peer->spki().size())));
  PkeyContextPtr context(EVP_PKEY_CTX_new(ek.handle(), nullptr));
  Bytes z(x.size());
  size_t size = z.size();
  EVP_PKEY_derive_init(context.get());
  EVP_PKEY_derive_set_peer(context.get(), handle.get());
  if (EVP_PKEY_derive(context.get(), z.data(), &size) != 1) return {};
  return tpm::KdfE(hash, z, "IDENTITY", x, ek.public_key().EcX(), Bits(8 * DigestSize(hash)));
}

Bytes CfbDecrypt(ByteView key, ByteView encrypted) {
  const Bytes iv(16);
  Bytes out(encrypted.size());
  std::unique_ptr<EVP_CIPHER_CTX, OpensslFree<EVP_CIPHER_CTX_free>> context(EVP_CIPHER_CTX_new());
  int size = 0;
  EVP_DecryptInit_ex(context.get(), key.size() == 16 ? EVP_aes_128_cfb128() : EVP_aes_256_cfb128(), nullptr,
                     key.data(), iv.data());
  EVP_DecryptUpdate(context.get(), out.data(), &size, encrypted.data(), int(encrypted.size()));
  return out;
}

// Part 1, 24.4: the HMAC over the encrypted part and the Name first, then what is inside.
std::optional<Secret> Unwrap(const SoftwareTpm& tpm, const Secret& seed, const tpm::Name& name,
                             ByteView id_object) {
  HashAlgorithm hash = NameHash(tpm);
  Reader in(id_object);
  ByteView hmac = in.Sized16(), encrypted = in.Take(in.remaining());
  Secret integrity = tpm::KdfA(hash, seed.Reveal(), "INTEGRITY", {}, {}, Bits(8 * DigestSize(hash)));
  if (in.failed() || !Equal(hmac, Hmac(hash, integrity.Reveal(), {encrypted, name}))) return {};
  Bits aes = hash == HashAlgorithm::kSha384 ? 256 : 128;
  Secret storage = tpm::KdfA(hash, seed.Reveal(), "STORAGE", name, {}, aes);
  Bytes credential = CfbDecrypt(storage.Reveal(), encrypted);
  Reader inside(credential);
  Secret secret = Secret::CopyOf(inside.Sized16());
  if (!inside.AtEnd()) return {};
  return secret;
}

}  // namespace

std::optional<Secret> ActivateCredential(const SoftwareTpm& tpm, const tpm::Name& name, ByteView credential) {
  Reader in(credential);
  ByteView id_object = in.Sized16(), encrypted = in.Sized16();
  if (!in.AtEnd()) return {};
  auto seed = tpm.ek_template == tpm::EkTemplate::kRsa2048 ? OaepDecrypt(tpm.ek, encrypted)
                                                           : Agree(tpm.ek, NameHash(tpm), encrypted);
  if (!seed) return {};
  return Unwrap(tpm, *seed, name, id_object);
}

tpm::Name AkName(const ActivationRequest& request) {
  return NameOf(tpm::ParsePublic(request.content.ak_public).value());
}

}  // namespace holdfast::testing
