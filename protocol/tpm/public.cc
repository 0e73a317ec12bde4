#include "protocol/byte_cursor.h"
#include "protocol/tpm/structures.h"

namespace holdfast::tpm {
namespace {

constexpr uint32_t kDefinedAttributes = kFixedTpm | kStClear | kFixedParent | kSensitiveDataOrigin |
                                        kUserWithAuth | kAdminWithPolicy | kNoDa | kEncryptedDuplication |
                                        kRestricted | kDecrypt | kSign;
constexpr uint16_t kCurveP256 = 0x0003, kCurveP384 = 0x0004;  // TPM_ECC_CURVE
constexpr uint16_t kRsaBits = 2048;

bool IsHash(Alg alg) {
  return alg == Alg::kSha256 || alg == Alg::kSha384;
}

Alg ReadAlg(Reader& in) {
  return static_cast<Alg>(in.U16());
}

Bytes LeftPad(ByteView number, size_t size) {
  Bytes out(size - number.size());
  Append(out, number);
  return out;
}

tl::unexpected<Error> WrongSize() {
  return Malformed("tpm.public.size", "the public area ends early or has octets after its end");
}

Status ReadHead(Reader& in, Public& out) {
  out.type = ReadAlg(in);
  out.name_alg = ReadAlg(in);
  out.attributes = in.U32();
  out.auth_policy = ToBytes(in.Sized16());
  if (in.failed()) return WrongSize();
  if (out.type != Alg::kRsa && out.type != Alg::kEcc)
    return Malformed("tpm.public.type", "the public area is of neither an RSA nor an ECC key");
  if (!IsHash(out.name_alg))
    return Malformed("tpm.public.name_alg", "the Name algorithm is neither SHA-256 nor SHA-384");
  if (out.attributes & ~kDefinedAttributes)
    return Malformed("tpm.public.attributes", "a reserved attribute bit is set");
  if (!out.auth_policy.empty() && out.auth_policy.size() != DigestSize(HashOf(out.name_alg)))
    return Malformed("tpm.public.auth_policy", "the policy is not as long as the Name algorithm's digest");
  return {};
}

// TPMT_SYM_DEF_OBJECT: NULL, or AES in CFB mode.
Status ReadSymmetric(Reader& in, Public& out) {
  Alg alg = ReadAlg(in);
  if (alg == Alg::kNull) return {};
  out.symmetric_bits = in.U16();
  bool known = alg == Alg::kAes && (out.symmetric_bits == 128 || out.symmetric_bits == 256) &&
               ReadAlg(in) == Alg::kCfb;
  if (!known) return Malformed("tpm.public.symmetric", "the symmetric algorithm is neither none nor AES-CFB");
  return {};
}

// TPMT_ASYM_SCHEME: NULL, or ECDSA for an ECC key.
Status ReadScheme(Reader& in, Public& out) {
  out.scheme = ReadAlg(in);
  if (out.scheme == Alg::kNull) return {};
  if (out.type != Alg::kEcc || out.scheme != Alg::kEcdsa)
    return Malformed("tpm.public.scheme", "the scheme is neither none nor ECDSA");
  out.scheme_hash = ReadAlg(in);
  if (!IsHash(out.scheme_hash))
    return Malformed("tpm.public.scheme_hash", "the scheme's hash is neither SHA-256 nor SHA-384");
  return {};
}

// Some TPMs leave out the leading zeros of a coordinate; a key is the same key with them.
Status ReadCoordinate(Reader& in, size_t size, Bytes& out) {
  ByteView number = in.Sized16();
  if (in.failed()) return WrongSize();
  if (number.empty() || number.size() > size)
    return Malformed("tpm.public.point", "a coordinate of the point is empty or too long");
  out = LeftPad(number, size);
  return {};
}

Status ReadEcc(Reader& in, Public& out) {
  uint16_t curve = in.U16();
  if (curve != kCurveP256 && curve != kCurveP384)
    return Malformed("tpm.public.curve", "the curve is neither P-256 nor P-384");
  out.curve = curve == kCurveP256 ? KeyType::kEcP256 : KeyType::kEcP384;
  if (ReadAlg(in) != Alg::kNull) return Malformed("tpm.public.kdf", "the key has a KDF scheme");
  size_t size = curve == kCurveP256 ? 32 : 48;
  HOLDFAST_CHECK(ReadCoordinate(in, size, out.x));
  return ReadCoordinate(in, size, out.y);
}

Status ReadRsa(Reader& in, Public& out) {
  out.rsa_bits = in.U16();
  out.rsa_exponent = in.U32();
  out.modulus = ToBytes(in.Sized16());
  if (in.failed()) return WrongSize();
  if (out.rsa_bits != kRsaBits) return Malformed("tpm.public.rsa_bits", "the RSA key is not of 2048 bits");
  if (out.modulus.size() != kRsaBits / 8)
    return Malformed("tpm.public.modulus", "the RSA modulus is not of 256 octets");
  return {};
}

}  // namespace

Result<Public> ParsePublic(ByteView tpmt_public) {
  Reader in(tpmt_public);
  Public out;
  HOLDFAST_CHECK(ReadHead(in, out));
  HOLDFAST_CHECK(ReadSymmetric(in, out));
  HOLDFAST_CHECK(ReadScheme(in, out));
  HOLDFAST_CHECK(out.type == Alg::kEcc ? ReadEcc(in, out) : ReadRsa(in, out));
  if (!in.AtEnd()) return WrongSize();
  out.encoded = ToBytes(tpmt_public);
  return out;
}

Result<PublicKey> KeyOf(const Public& object) {
  if (object.type == Alg::kEcc) return PublicKey::FromEcPoint(object.curve, object.x, object.y);
  constexpr uint32_t kDefaultExponent = 65537;
  return PublicKey::FromRsa(object.modulus, object.rsa_exponent ? object.rsa_exponent : kDefaultExponent);
}

}  // namespace holdfast::tpm
