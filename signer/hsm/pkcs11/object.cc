#include "signer/hsm/pkcs11/object.h"

#include <algorithm>
#include <cstring>

namespace holdfast::hsm {
namespace {

constexpr uint8_t kP256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
constexpr uint8_t kP384[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
constexpr size_t kMaxObjects = 4096;
constexpr size_t kMaxAttribute = 64 * 1024;

std::optional<PublicKey> EcKey(SessionUse at, CK_OBJECT_HANDLE object) {
  auto params = ReadAttribute(at, object, CKA_EC_PARAMS);
  auto attribute = ReadAttribute(at, object, CKA_EC_POINT);
  if (!params || !attribute) return std::nullopt;
  for (auto [curve, size] : {std::pair(KeyType::kEcP256, 32u), std::pair(KeyType::kEcP384, 48u)}) {
    if (!Equal(*params, NamedCurve(curve))) continue;
    ByteView point = EcPointOctets(*attribute, 1 + 2 * size);
    if (point.size() != 1 + 2 * size || point[0] != 4) return std::nullopt;
    auto key = PublicKey::FromEcPoint(curve, point.subspan(1, size), point.subspan(1 + size));
    return key ? std::optional(*key) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<PublicKey> RsaKey(SessionUse at, CK_OBJECT_HANDLE object) {
  auto modulus = ReadAttribute(at, object, CKA_MODULUS);
  auto exponent = ReadAttribute(at, object, CKA_PUBLIC_EXPONENT);
  if (!modulus || !exponent) return std::nullopt;
  uint64_t e = 0;
  for (uint8_t octet : *exponent) {
    if (e >> 24 != 0) return std::nullopt;
    e = e << 8 | octet;
  }
  auto significant = std::find_if(modulus->begin(), modulus->end(), [](uint8_t octet) { return octet != 0; });
  auto key = PublicKey::FromRsa(Bytes(significant, modulus->end()), static_cast<uint32_t>(e));
  return key ? std::optional(*key) : std::nullopt;
}

}  // namespace

Template& Template::Add(CK_ATTRIBUTE_TYPE type, ByteView value) {
  values_.emplace_back(type, ToBytes(value));
  return *this;
}

Template& Template::Add(CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
  return Add(type, ByteView(reinterpret_cast<const uint8_t*>(&value), sizeof value));
}

Template& Template::AddBool(CK_ATTRIBUTE_TYPE type, bool value) {
  const CK_BBOOL octet = value ? CK_TRUE : CK_FALSE;
  return Add(type, ByteView(&octet, 1));
}

std::vector<CK_ATTRIBUTE> Template::Attributes() {
  std::vector<CK_ATTRIBUTE> attributes;
  for (auto& [type, value] : values_) attributes.push_back({type, value.data(), value.size()});
  return attributes;
}

Result<std::vector<CK_OBJECT_HANDLE>> FindObjects(SessionUse at, Template wanted) {
  auto attributes = wanted.Attributes();
  CK_RV rv = at.use->C_FindObjectsInit(at.session, attributes.data(), attributes.size());
  if (rv != CKR_OK) return tl::unexpected(CallFailed("C_FindObjectsInit", rv));
  std::vector<CK_OBJECT_HANDLE> found;
  for (CK_ULONG count = 1; count > 0 && found.size() < kMaxObjects;) {
    CK_OBJECT_HANDLE some[32];
    rv = at.use->C_FindObjects(at.session, some, std::size(some), &count);
    if (rv != CKR_OK || count > std::size(some)) break;
    found.insert(found.end(), some, some + count);
  }
  at.use->C_FindObjectsFinal(at.session);
  if (rv != CKR_OK) return tl::unexpected(CallFailed("C_FindObjects", rv));
  return found;
}

std::optional<Bytes> ReadAttribute(SessionUse at, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  CK_ATTRIBUTE attribute{type, nullptr, 0};
  CK_RV rv = at.use->C_GetAttributeValue(at.session, object, &attribute, 1);
  if (rv != CKR_OK || attribute.ulValueLen == 0 || attribute.ulValueLen > kMaxAttribute) return std::nullopt;
  Bytes value(attribute.ulValueLen);
  attribute.pValue = value.data();
  rv = at.use->C_GetAttributeValue(at.session, object, &attribute, 1);
  if (rv != CKR_OK || attribute.ulValueLen > value.size()) return std::nullopt;
  value.resize(attribute.ulValueLen);
  return value;
}

bool ReadBool(SessionUse at, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  auto value = ReadAttribute(at, object, type);
  return value && value->size() == sizeof(CK_BBOOL) && value->front() != CK_FALSE;
}

std::optional<PublicKey> ReadPublicKeyAttributes(SessionUse at, CK_OBJECT_HANDLE object) {
  auto type = ReadAttribute(at, object, CKA_KEY_TYPE);
  CK_KEY_TYPE value = 0;
  if (!type || type->size() != sizeof value) return std::nullopt;
  std::memcpy(&value, type->data(), sizeof value);
  if (value == CKK_EC) return EcKey(at, object);
  if (value == CKK_RSA) return RsaKey(at, object);
  return std::nullopt;
}

std::optional<PublicKey> PublicKeyOf(SessionUse at, CK_OBJECT_HANDLE private_key) {
  if (auto own = ReadPublicKeyAttributes(at, private_key)) return own;
  auto id = ReadAttribute(at, private_key, CKA_ID);
  if (!id) return std::nullopt;
  Template wanted;
  wanted.Add(CKA_CLASS, CK_ULONG{CKO_PUBLIC_KEY}).Add(CKA_ID, *id);
  auto paired = FindObjects(at, wanted);
  if (!paired || paired->size() != 1) return std::nullopt;
  return ReadPublicKeyAttributes(at, paired->front());
}

ByteView EcPointOctets(ByteView attribute, size_t point_size) {
  bool wrapped = attribute.size() == point_size + 2 && attribute[0] == 0x04 && attribute[1] == point_size;
  return wrapped ? attribute.subspan(2) : attribute;
}

ByteView NamedCurve(KeyType type) {
  return type == KeyType::kEcP256 ? ByteView(kP256) : ByteView(kP384);
}

}  // namespace holdfast::hsm
