// Finding the private key that belongs to a public key.
#pragma once

#include "signer/hsm/pkcs11/object.h"
#include "signer/hsm/pkcs11/signing_scheme.h"
#include "signer/hsm/pkcs11/uri.h"

namespace holdfast::hsm {

// Exactly one private key whose public half is `pinned`, among those that `narrow` names by id and object. A
// module that tells nothing about the public half is believed when only one private key is left, as the
// caller proves the key by a test signature. Checks: hsm.key, hsm.key_policy.
Result<CK_OBJECT_HANDLE> FindPrivateKey(SessionUse at, const PublicKey& pinned,
                                        const std::optional<Uri>& narrow);
// The only private key that `uri` names by id or object.
Result<CK_OBJECT_HANDLE> FindNamedPrivateKey(SessionUse at, const Uri& uri);

// C_SignInit and C_Sign. The signature has the scheme's length and is not verified. The session is of no use
// after an error.
Result<Bytes> SignWith(SessionUse at, CK_OBJECT_HANDLE key, const SigningScheme& scheme, ByteView digest);
// A signature of a fresh test message verifies with `key`. Check: hsm.signature.
Status ProveKey(SessionUse at, CK_OBJECT_HANDLE handle, const PublicKey& key);
Bytes TestDigest(const SigningScheme& scheme);  // of a fresh message that nothing else of ours can be

}  // namespace holdfast::hsm
