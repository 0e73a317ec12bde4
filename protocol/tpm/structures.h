// TPM 2.0 structures from the other side's TPM, parsed strictly (TPM 2.0 Part 2). Debian's libtss2-mu accepts
// malformed ones, so it is not used on anything that was not made by the local TPM. Every length is consumed
// exactly, reserved bits are zero, algorithms are from the set that Holdfast uses. Parsing says nothing about
// trust: see signer/server/verifier.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "protocol/bytes.h"
#include "protocol/crypto/public_key.h"

namespace holdfast::tpm {

using Name = Bytes;  // u16 nameAlg || digest (Part 1, 16)

enum class Alg : uint16_t {
  kRsa = 0x0001,
  kSha256 = 0x000b,
  kSha384 = 0x000c,
  kNull = 0x0010,
  kEcdsa = 0x0018,
  kEcc = 0x0023,
  kAes = 0x0006,
  kCfb = 0x0043,
};

// The digest behind kSha256 or kSha384; SHA-256 for anything else, which no parser here lets through.
HashAlgorithm HashOf(Alg hash);

// TPMA_OBJECT (Part 2, 8.3).
inline constexpr uint32_t kFixedTpm = 1u << 1, kStClear = 1u << 2, kFixedParent = 1u << 4,
                          kSensitiveDataOrigin = 1u << 5, kUserWithAuth = 1u << 6, kAdminWithPolicy = 1u << 7,
                          kNoDa = 1u << 10, kEncryptedDuplication = 1u << 11, kRestricted = 1u << 16,
                          kDecrypt = 1u << 17, kSign = 1u << 18;

// TPMT_PUBLIC of an RSA or ECC key (Part 2, 12.2.4).
struct Public {
  Alg type = Alg::kEcc;
  Alg name_alg = Alg::kSha256;
  uint32_t attributes = 0;
  Bytes auth_policy;
  uint16_t symmetric_bits = 0;  // 0: TPM_ALG_NULL; otherwise AES-CFB with 128 or 256
  Alg scheme = Alg::kNull;      // kNull or kEcdsa
  Alg scheme_hash = Alg::kNull;
  KeyType curve = KeyType::kEcP256;  // ECC only
  Bytes x, y;                        // ECC: left-padded to full length
  uint16_t rsa_bits = 0;             // RSA only
  uint32_t rsa_exponent = 0;         // as encoded: 0 means 65537
  Bytes modulus;
  Bytes encoded;  // the TPMT_PUBLIC as received, for the Name
};

// TPM2B_PUBLIC content, that is TPMT_PUBLIC without the outer size. Whether `unique` is a key at all (a point
// on the curve, an odd modulus) is left to KeyOf. Checks: tpm.public.<what>.
Result<Public> ParsePublic(ByteView tpmt_public);
Name NameOf(const Public& object);
Result<PublicKey> KeyOf(const Public& object);  // checks of PublicKey: key.<what>

// TPMS_NV_PUBLIC (Part 2, 13.5).
struct NvPublic {
  uint32_t index = 0;
  Alg name_alg = Alg::kSha256;
  uint32_t attributes = 0;
  Bytes auth_policy;
  uint16_t data_size = 0;
  Bytes encoded;
};
Result<NvPublic> ParseNvPublic(ByteView tpms_nv_public);
Bytes EncodeNvPublic(const NvPublic& index);  // ignores `encoded`
Name NameOf(const NvPublic& index);

struct ClockInfo {  // TPMS_CLOCK_INFO
  uint64_t clock_ms = 0;
  uint32_t reset_count = 0, restart_count = 0;
  bool safe = false;
};
struct CertifyInfo {
  Bytes name, qualified_name;
};  // 0x8017
struct PcrSelection {
  Alg hash = Alg::kSha256;
  uint32_t mask = 0;
};  // bit n = PCR n, 24 PCRs
struct QuoteInfo {
  std::vector<PcrSelection> selection;
  Bytes digest;
};  // 0x8018
struct NvCertifyInfo {
  Bytes index_name;
  uint16_t offset = 0;
  Bytes contents;
};  // 0x8014

struct Attest {  // TPMS_ATTEST (Part 2, 10.12.12)
  Bytes qualified_signer;
  Bytes extra_data;
  ClockInfo clock;
  uint64_t firmware = 0;
  std::variant<CertifyInfo, QuoteInfo, NvCertifyInfo> attested;
  Bytes encoded;
};
// The magic must be TPM_GENERATED and the type one of the three above. Checks: tpm.attest.<what>.
Result<Attest> ParseAttest(ByteView tpms_attest);

struct Signature {  // TPMT_SIGNATURE, ECDSA only
  Alg hash = Alg::kSha256;
  Bytes raw;  // r || s, each left-padded to 32 octets; longer integers are refused
};
Result<Signature> ParseSignature(ByteView tpmt_signature);

// Qualified name (Part 1, 16.5): nameAlg || H(parent's qualified name || name); for a primary, parent is a
// hierarchy handle.
inline constexpr uint32_t kOwner = 0x40000001, kEndorsement = 0x4000000b;
Name QualifiedName(uint32_t hierarchy, const Name& primary);
Name QualifiedName(const Name& parent_qualified, const Name& object);

}  // namespace holdfast::tpm
