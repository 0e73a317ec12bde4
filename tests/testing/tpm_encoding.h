// TPM structures as octets, for tests that play the TPM.
#pragma once

#include "protocol/tpm/structures.h"
#include "tests/testing/tpm_key.h"

namespace holdfast::testing {

Bytes EncodeAttest(const tpm::Attest& attest);
Bytes SignAttest(const TpmKey& ak, ByteView attest);  // TPMT_SIGNATURE, ECDSA with SHA-256
// A template of protocol/tpm/templates.h with this key in place of its `unique`.
Bytes PublicArea(Bytes template_octets, const PublicKey& key);

}  // namespace holdfast::testing
