// How a secret travels to one TPM alone (TPM 2.0 Part 1, section 24 and annexes B.10 and C.6): a seed that only a key of
// that TPM opens, and from it the keys that encrypt the secret and authenticate it together with a Name. What a credential and
// an object to import have in common.
#pragma once

#include "protocol/secret.h"
#include "protocol/tpm/structures.h"

namespace holdfast {

struct WrapSeed {
  Secret seed;
  Bytes encrypted;  // content of TPM2B_ENCRYPTED_SECRET
};
// Fresh. `to`: a storage key, RSA-2048, P-256 or P-384. `label`: "IDENTITY" of a credential, "DUPLICATE" of an object.
// Checks: key.<what>, crypto.internal.
Result<WrapSeed> MakeWrapSeed(const tpm::Public& to, std::string_view label);

// TPM2B(HMAC over what follows and `name`) || `secret` encrypted. `secret` is a TPM2B itself.
Result<Bytes> OuterWrap(const tpm::Public& to, const Secret& seed, const tpm::Name& name,
                        const Secret& secret);

}  // namespace holdfast
