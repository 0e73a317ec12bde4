#include "signer/hsm/pkcs11/key_search.h"

#include "protocol/crypto/random.h"

namespace holdfast::hsm {
namespace {

Template PrivateKeys(const std::optional<Uri>& narrow) {
  Template wanted;
  wanted.Add(CKA_CLASS, CK_ULONG{CKO_PRIVATE_KEY});
  if (narrow && narrow->id()) wanted.Add(CKA_ID, *narrow->id());
  if (narrow && narrow->object()) wanted.Add(CKA_LABEL, AsBytes(*narrow->object()));
  return wanted;
}

std::string Among(const std::optional<Uri>& narrow) {
  return narrow ? " among those that " + narrow->text() + " names" : "";
}

tl::unexpected<Error> NoKey(std::string message, std::string advice) {
  return Fail(ErrorKind::kNotFound, "hsm.key", std::move(message), std::move(advice));
}

Status CheckPolicy(SessionUse at, CK_OBJECT_HANDLE key) {
  if (!ReadBool(at, key, CKA_ALWAYS_AUTHENTICATE)) return {};
  return Refused("hsm.key_policy", "the key wants a PIN for each signature (CKA_ALWAYS_AUTHENTICATE)",
                 "Make a signing key without CKA_ALWAYS_AUTHENTICATE");
}

}  // namespace

Result<CK_OBJECT_HANDLE> FindPrivateKey(SessionUse at, const PublicKey& pinned,
                                        const std::optional<Uri>& narrow) {
  HOLDFAST_TRY(SigningScheme scheme, SigningScheme::For(pinned));
  Template wanted = PrivateKeys(narrow);
  wanted.Add(CKA_KEY_TYPE, CK_ULONG{scheme.key_type});
  HOLDFAST_TRY(auto candidates, FindObjects(at, wanted));
  std::vector<CK_OBJECT_HANDLE> same, untold;
  for (CK_OBJECT_HANDLE candidate : candidates) {
    auto key = PublicKeyOf(at, candidate);
    if (!key) untold.push_back(candidate);
    if (key && key->spki() == pinned.spki()) same.push_back(candidate);
  }
  if (same.empty() && untold.size() == 1) same = untold;
  if (same.empty() && untold.size() > 1)
    return NoKey("the token does not tell which of its private keys" + Among(narrow) + " is the pinned one",
                 "Name the key with id= or object= in the URI");
  std::string spki = HexEncode(pinned.SpkiSha256());
  if (same.empty())
    return NoKey("none of " + std::to_string(candidates.size()) + " private keys" + Among(narrow) +
                     " belongs to the pinned public key (SHA-256 of its SPKI " + spki + ")",
                 "Check that this is the token of the key ceremony");
  if (same.size() > 1)
    return NoKey("several private keys" + Among(narrow) + " belong to the pinned public key " + spki,
                 "Name one with id= in the URI");
  HOLDFAST_CHECK(CheckPolicy(at, same.front()));
  return same.front();
}

Result<CK_OBJECT_HANDLE> FindNamedPrivateKey(SessionUse at, const Uri& uri) {
  HOLDFAST_TRY(auto found, FindObjects(at, PrivateKeys(uri)));
  if (found.empty()) return NoKey("no private key matches " + uri.text(), "Check id= and object= in the URI");
  if (found.size() > 1) return NoKey("several private keys match " + uri.text(), "Add id= to the URI");
  HOLDFAST_CHECK(CheckPolicy(at, found.front()));
  return found.front();
}

Result<Bytes> SignWith(SessionUse at, CK_OBJECT_HANDLE key, const SigningScheme& scheme, ByteView digest) {
  HOLDFAST_CHECK(scheme.CheckDigest(digest));
  CK_MECHANISM mechanism{scheme.mechanism, nullptr, 0};
  CK_RV rv = at.use->C_SignInit(at.session, &mechanism, key);
  if (rv != CKR_OK) return tl::unexpected(CallFailed("C_SignInit", rv));
  Bytes input = scheme.Input(digest);
  Bytes signature(scheme.signature_size);
  CK_ULONG size = signature.size();
  rv = at.use->C_Sign(at.session, input.data(), input.size(), signature.data(), &size);
  if (rv != CKR_OK) return tl::unexpected(CallFailed("C_Sign", rv));
  if (size == signature.size()) return signature;
  return Refused("hsm.signature", "C_Sign returns " + std::to_string(size) +
                                      " octets where a signature has " + std::to_string(signature.size()));
}

Bytes TestDigest(const SigningScheme& scheme) {
  return Digest(HashFor(scheme.algorithm), {AsBytes("holdfast: is this key alive?"), RandomBytes(32)});
}

Status ProveKey(SessionUse at, CK_OBJECT_HANDLE handle, const PublicKey& key) {
  HOLDFAST_TRY(SigningScheme scheme, SigningScheme::For(key));
  Bytes digest = TestDigest(scheme);
  HOLDFAST_TRY(Bytes signature, SignWith(at, handle, scheme, digest));
  if (key.VerifyDigest(scheme.algorithm, digest, signature, EcdsaForm::kRaw)) return {};
  return Refused("hsm.signature", "a test signature does not verify with the pinned public key",
                 "The token holds another key or is faulty: do not use it before you know which");
}

}  // namespace holdfast::hsm
