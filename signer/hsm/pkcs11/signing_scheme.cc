#include "signer/hsm/pkcs11/signing_scheme.h"

namespace holdfast::hsm {
namespace {

// DigestInfo of SHA-256 up to the digest (RFC 8017 9.2, note 1).
constexpr uint8_t kSha256Info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                   0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

}  // namespace

Result<SigningScheme> SigningScheme::For(const PublicKey& key) {
  switch (key.type()) {
    case KeyType::kEcP256:
      return SigningScheme{CKK_EC, CKM_ECDSA, SignatureAlgorithm::kEcdsaSha256, 32, 64};
    case KeyType::kEcP384:
      return SigningScheme{CKK_EC, CKM_ECDSA, SignatureAlgorithm::kEcdsaSha384, 48, 96};
    case KeyType::kRsa:
      return SigningScheme{CKK_RSA, CKM_RSA_PKCS, SignatureAlgorithm::kRsaSha256, 32, (key.bits() + 7) / 8};
    default:
      return Refused("hsm.key_policy", "keys in tokens are P-256, P-384 or RSA", "Make the key anew");
  }
}

Status SigningScheme::CheckDigest(ByteView digest) const {
  if (digest.size() == digest_size) return {};
  return Fail(ErrorKind::kInternal, "hsm.digest",
              "a digest of " + std::to_string(digest.size()) +
                  " octets is to be signed by a key that signs " + std::to_string(digest_size));
}

Bytes SigningScheme::Input(ByteView digest) const {
  Bytes input;
  input.reserve(sizeof kSha256Info + digest.size());
  if (mechanism == CKM_RSA_PKCS) Append(input, kSha256Info);
  Append(input, digest);
  return input;
}

}  // namespace holdfast::hsm
