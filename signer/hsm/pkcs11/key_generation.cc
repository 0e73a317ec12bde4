// Making keys for the ceremony.
#include "signer/hsm/pkcs11/key_search.h"
#include "signer/hsm/pkcs11/token_impl.h"

namespace holdfast::hsm {
namespace {

struct KeyPair {
  CK_OBJECT_HANDLE public_key = 0, private_key = 0;
};

tl::unexpected<Error> NotMade(std::string message, std::string advice = {}) {
  return Refused("hsm.generate", std::move(message), std::move(advice));
}

Status CheckSpec(const KeySpec& spec) {
  bool known = spec.type == KeyType::kEcP256 || spec.type == KeyType::kEcP384 || spec.type == KeyType::kRsa;
  if (!known || (spec.type == KeyType::kRsa && (spec.rsa_bits < 2048 || spec.rsa_bits > 4096)))
    return NotMade("only P-256, P-384 and RSA keys of 2048 to 4096 bits are made");
  if (spec.label.empty() || spec.id.empty()) return NotMade("a key needs a label and an id");
  return {};
}

Status CheckUnused(SessionUse at, const KeySpec& spec) {
  for (auto [type, value] :
       {std::pair(CKA_LABEL, AsBytes(spec.label)), std::pair(CKA_ID, ByteView(spec.id))}) {
    for (CK_ULONG kind : {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY}) {
      Template wanted;
      wanted.Add(CKA_CLASS, kind).Add(type, value);
      HOLDFAST_TRY(auto found, FindObjects(at, wanted));
      if (!found.empty())
        return Fail(
            ErrorKind::kConflict, "hsm.key_exists",
            "the token has a key with label '" + spec.label + "' or id " + HexEncode(spec.id) + " already",
            "Choose another label and id");
    }
  }
  return {};
}

Template PublicTemplate(const KeySpec& spec) {
  Template t;
  t.AddBool(CKA_TOKEN, true).AddBool(CKA_VERIFY, true);
  t.Add(CKA_LABEL, AsBytes(spec.label)).Add(CKA_ID, spec.id);
  if (spec.type != KeyType::kRsa) return t.Add(CKA_EC_PARAMS, NamedCurve(spec.type));
  const uint8_t exponent[] = {1, 0, 1};
  return t.Add(CKA_MODULUS_BITS, CK_ULONG{spec.rsa_bits}).Add(CKA_PUBLIC_EXPONENT, exponent);
}

// SoftHSM lets a private key decrypt and unwrap unless it is told not to; some modules refuse to be told.
// What they made is looked at afterwards.
Template PrivateTemplate(const KeySpec& spec, bool all_uses) {
  Template t;
  t.AddBool(CKA_TOKEN, true).AddBool(CKA_PRIVATE, true).AddBool(CKA_SIGN, true);
  t.AddBool(CKA_SENSITIVE, true).AddBool(CKA_EXTRACTABLE, false);
  t.Add(CKA_LABEL, AsBytes(spec.label)).Add(CKA_ID, spec.id);
  if (all_uses) {
    for (CK_ATTRIBUTE_TYPE use : {CKA_DECRYPT, CKA_UNWRAP, CKA_DERIVE}) t.AddBool(use, false);
  }
  return t;
}

Result<KeyPair> Generate(SessionUse at, const KeySpec& spec) {
  CK_MECHANISM_TYPE type = spec.type == KeyType::kRsa ? CKM_RSA_PKCS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN;
  CK_RV first = CKR_OK;
  for (bool all_uses : {true, false}) {
    CK_MECHANISM mechanism{type, nullptr, 0};
    Template public_template = PublicTemplate(spec), private_template = PrivateTemplate(spec, all_uses);
    auto for_public = public_template.Attributes(), for_private = private_template.Attributes();
    KeyPair made;
    CK_RV rv = at.use->C_GenerateKeyPair(at.session, &mechanism, for_public.data(), for_public.size(),
                                         for_private.data(), for_private.size(), &made.public_key,
                                         &made.private_key);
    if (rv == CKR_OK) return made;
    if (first == CKR_OK) first = rv;
  }
  return NotMade("C_GenerateKeyPair says " + CkrName(first),
                 "Make the key pair with the token's own tool and name it to the ceremony by id= or object=");
}

// False attributes that the template left out are set one by one, where the module allows.
Status CheckMade(SessionUse at, CK_OBJECT_HANDLE key) {
  for (CK_ATTRIBUTE_TYPE use : {CKA_DECRYPT, CKA_UNWRAP, CKA_DERIVE}) {
    if (!ReadBool(at, key, use)) continue;
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE attribute{use, &no, sizeof no};
    at.use->C_SetAttributeValue(at.session, key, &attribute, 1);
    if (ReadBool(at, key, use)) return NotMade("the token insists on a private key that does more than sign");
  }
  if (ReadBool(at, key, CKA_EXTRACTABLE) || !ReadBool(at, key, CKA_SENSITIVE))
    return NotMade("the token makes private keys only that can leave it");
  return {};
}

Result<PublicKey> CheckedPublicKey(SessionUse at, const KeySpec& spec, const KeyPair& made) {
  HOLDFAST_CHECK(CheckMade(at, made.private_key));
  auto key = ReadPublicKeyAttributes(at, made.public_key);
  if (!key || key->type() != spec.type || (spec.type == KeyType::kRsa && key->bits() != spec.rsa_bits))
    return NotMade("the public key that the token made is not one of the type asked for");
  HOLDFAST_CHECK(ProveKey(at, made.private_key, *key));
  return std::move(*key);
}

}  // namespace

Result<PublicKey> Token::GenerateKey(const KeySpec& spec) {
  HOLDFAST_CHECK(CheckSpec(spec));
  Connection& connection = *impl_->connection;
  std::lock_guard one_at_a_time(connection.write_mutex());
  HOLDFAST_CHECK(connection.Attach());
  HOLDFAST_TRY(Module::Use use, connection.Enter());
  HOLDFAST_TRY(Session session, connection.OpenForWriting(use));
  SessionUse at{use, session.handle()};
  HOLDFAST_CHECK(CheckUnused(at, spec));
  HOLDFAST_TRY(KeyPair made, Generate(at, spec));
  auto key = CheckedPublicKey(at, spec, made);
  if (key) return key;
  // What is not good enough must not stay behind; a fresh session, as the failure may have spoilt this one.
  HOLDFAST_TRY(Session again, connection.OpenForWriting(use));
  use->C_DestroyObject(again.handle(), made.private_key);
  use->C_DestroyObject(again.handle(), made.public_key);
  return tl::unexpected(Within(connection.place(), std::move(key.error())));
}

}  // namespace holdfast::hsm
