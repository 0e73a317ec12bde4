// Objects of a token: search, attributes, and the public keys that they hold.
#pragma once

#include "protocol/crypto/public_key.h"
#include "signer/hsm/pkcs11/session.h"

namespace holdfast::hsm {

// A search template that owns its values.
class Template {
 public:
  Template& Add(CK_ATTRIBUTE_TYPE type, ByteView value);
  Template& Add(CK_ATTRIBUTE_TYPE type, CK_ULONG value);
  Template& AddBool(CK_ATTRIBUTE_TYPE type, bool value);
  std::vector<CK_ATTRIBUTE> Attributes();  // points into this object

 private:
  std::vector<std::pair<CK_ATTRIBUTE_TYPE, Bytes>> values_;
};

struct SessionUse {
  const Module::Use& use;
  CK_SESSION_HANDLE session;
};

Result<std::vector<CK_OBJECT_HANDLE>> FindObjects(SessionUse at, Template wanted);
// nullopt: the object does not have it or does not tell.
std::optional<Bytes> ReadAttribute(SessionUse at, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
bool ReadBool(SessionUse at, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);  // false when it is not told

// The public key in the attributes of a public or private key object. nullopt: they are not there, or are not
// those of a P-256, P-384 or RSA key that PublicKey accepts.
std::optional<PublicKey> ReadPublicKeyAttributes(SessionUse at, CK_OBJECT_HANDLE object);
// The public key of a private key object: from itself, else from the public key object with the same CKA_ID.
std::optional<PublicKey> PublicKeyOf(SessionUse at, CK_OBJECT_HANDLE private_key);

// CKA_EC_POINT is an OCTET STRING around the point, or (some modules) the bare point.
ByteView EcPointOctets(ByteView attribute, size_t point_size);
ByteView NamedCurve(KeyType type);  // CKA_EC_PARAMS: the curve's OID, DER

}  // namespace holdfast::hsm
