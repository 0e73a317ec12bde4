// A content key made ready for TPM2_Import (TPM 2.0 Part 1, 23.3; Part 2, 12.3) without a TPM: a KEYEDHASH object that no TPM
// but the one with this SRK takes, and that it gives out only while the gate stands.
#pragma once

#include "protocol/content_key.h"
#include "protocol/tpm/structures.h"

namespace holdfast {

// `srk`: an area that MatchesSrk, shown to be the license key's parent (the check certify.qualified_name). `gate_policy`: the license
// key's authPolicy. The object's Name, which holds the policy, is bound by key derivation and HMAC: with another policy it is not
// imported. Checks: content_key.size, content_key.parent (kInternal both), those of MakeWrapSeed.
Result<SealedContentKey> SealContentKey(const tpm::Public& srk, ByteView gate_policy, const Secret& key);

}  // namespace holdfast
