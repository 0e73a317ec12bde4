#include "protocol/tpm/templates.h"

#include <algorithm>

#include "protocol/byte_cursor.h"

namespace holdfast::tpm {
namespace {

constexpr uint32_t kBound = kFixedTpm | kFixedParent | kSensitiveDataOrigin;
constexpr uint32_t kEkAttributes = kBound | kAdminWithPolicy | kRestricted | kDecrypt;
constexpr uint32_t kSrkAttributes = kBound | kUserWithAuth | kNoDa | kRestricted | kDecrypt;
constexpr uint32_t kAkAttributes = kBound | kUserWithAuth | kNoDa | kRestricted | kSign;
constexpr uint32_t kLicenseKeyAttributes = kBound | kNoDa | kSign;  // no userWithAuth: use needs the policy

constexpr uint16_t kCurveP256 = 0x0003, kCurveP384 = 0x0004;

Writer& Put(Writer& out, Alg alg) {
  return out.U16(static_cast<uint16_t>(alg));
}

Writer Head(Alg type, Alg name_alg, uint32_t attributes, ByteView policy) {
  Writer out;
  Put(Put(out, type), name_alg).U32(attributes).Sized16(policy);
  return out;
}

// A storage key: AES-CFB for its children and no scheme.
Writer Storage(Writer head, uint16_t aes_bits) {
  Put(Put(Put(head, Alg::kAes).U16(aes_bits), Alg::kCfb), Alg::kNull);
  return head;
}

// A signing key on P-256: ECDSA with SHA-256, no KDF.
Bytes Signing(Writer head) {
  Put(Put(Put(Put(head, Alg::kNull), Alg::kEcdsa), Alg::kSha256).U16(kCurveP256), Alg::kNull);
  return head.Take();
}

Bytes EccStorage(Writer head, uint16_t aes_bits, uint16_t curve) {
  Writer out = Storage(std::move(head), aes_bits);
  Put(out.U16(curve), Alg::kNull);
  return out.Take();
}

// Each area without `unique`. The algorithms and sizes before it are fixed, so what follows can only be
// `unique`.
Bytes EkArea(EkTemplate which) {
  switch (which) {
    case EkTemplate::kRsa2048: {
      constexpr uint32_t kDefaultExponent = 0;
      Writer head = Head(Alg::kRsa, Alg::kSha256, kEkAttributes, PolicyA(Alg::kSha256));
      return Storage(std::move(head), 128).U16(2048).U32(kDefaultExponent).Take();
    }
    case EkTemplate::kEccP256:
      return EccStorage(Head(Alg::kEcc, Alg::kSha256, kEkAttributes, PolicyA(Alg::kSha256)), 128, kCurveP256);
    case EkTemplate::kEccP384:
      break;
  }
  return EccStorage(Head(Alg::kEcc, Alg::kSha384, kEkAttributes | kUserWithAuth, PolicyBSha384()), 256,
                    kCurveP384);
}

Bytes SrkArea() {
  return EccStorage(Head(Alg::kEcc, Alg::kSha256, kSrkAttributes, {}), 128, kCurveP256);
}
Bytes AkArea() {
  return Signing(Head(Alg::kEcc, Alg::kSha256, kAkAttributes, {}));
}
Bytes LicenseKeyArea(ByteView policy) {
  return Signing(Head(Alg::kEcc, Alg::kSha256, kLicenseKeyAttributes, policy));
}

// With `count` buffers of `size` zeros as `unique`: the size is part of what a primary key is derived from.
Bytes WithUnique(Bytes area, int count, uint16_t size) {
  for (int i = 0; i < count; i++) Append(area, Writer().Sized16(Bytes(size)).bytes());
  return area;
}

bool Matches(const Public& object, const Bytes& area) {
  return object.encoded.size() > area.size() && std::equal(area.begin(), area.end(), object.encoded.begin());
}

}  // namespace

// The low range (RSA-2048, P-256) has zeros of full length in `unique`, the high range empty buffers (EK
// Credential Profile 2.x, B.3 and B.4).
Bytes EkTemplateBytes(EkTemplate which) {
  Bytes area = EkArea(which);
  if (which == EkTemplate::kRsa2048) return WithUnique(area, 1, 256);
  return WithUnique(area, 2, which == EkTemplate::kEccP256 ? 32 : 0);
}

Bytes SrkTemplateBytes() {
  return WithUnique(SrkArea(), 2, 32);
}
Bytes AkTemplateBytes() {
  return WithUnique(AkArea(), 2, 0);
}
Bytes LicenseKeyTemplateBytes(ByteView auth_policy) {
  return WithUnique(LicenseKeyArea(auth_policy), 2, 0);
}

std::optional<EkTemplate> MatchEk(const Public& ek) {
  for (EkTemplate which : {EkTemplate::kRsa2048, EkTemplate::kEccP256, EkTemplate::kEccP384})
    if (Matches(ek, EkArea(which))) return which;
  return std::nullopt;
}
bool MatchesSrk(const Public& object) {
  return Matches(object, SrkArea());
}
bool MatchesAk(const Public& object) {
  return Matches(object, AkArea());
}
bool MatchesLicenseKey(const Public& object) {
  constexpr size_t kPolicySize = 32;
  return object.auth_policy.size() == kPolicySize && Matches(object, LicenseKeyArea(object.auth_policy));
}

}  // namespace holdfast::tpm
