// TPM2_ActivateCredential by a SoftwareTpm: opens what MakeCredential seals, so that tests of the vendor's side need
// no TPM process.
#pragma once

#include <optional>

#include "tests/testing/evidence.h"

namespace holdfast::testing {

// `credential`: TPM2B_ID_OBJECT || TPM2B_ENCRYPTED_SECRET; `name`: of the object that the TPM holds. Nothing when the
// credential was made for another EK or another Name, or was changed.
std::optional<Secret> ActivateCredential(const SoftwareTpm& tpm, const tpm::Name& name, ByteView credential);
// The Name of the AK in a request that BuildRequest made: what an answer's credential is for.
tpm::Name AkName(const ActivationRequest& request);

}  // namespace holdfast::testing
