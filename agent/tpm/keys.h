// The four keys of a license in the TPM: EK and SRK as primaries, AK and license key as their children. A TPM
// has three slots for loaded objects: who loads a child lets its parent go as soon as it can.
#pragma once

#include "agent/tpm/connection.h"
#include "agent/tpm/sessions.h"
#include "agent/tpm/tpm.h"

namespace holdfast::tpm {

struct Primary {
  Handle handle;
  Bytes public_area;  // TPMT_PUBLIC
};
// The persistent object when there is one that fits, else made anew from the template, which gives the same
// key every time. `pinned`: the TPMT_PUBLIC that it must have, when keys exist already. Checks: tpm.cleared
// when the TPM has another, tpm.hierarchy, tpm.owner_auth, tpm.endorsement_auth, tpm.no_ek.
Result<Primary> OpenSrk(Connection& tpm, ByteView pinned = {});
Result<Primary> OpenEk(Connection& tpm, EkTemplate which, ByteView pinned = {});

struct KeyBlobs {
  Bytes public_area;   // TPMT_PUBLIC
  Bytes private_area;  // TPM2B_PRIVATE without size: encrypted by the parent
};
Result<KeyBlobs> CreateAk(Connection& tpm, const Primary& ek, EkTemplate which);
Result<KeyBlobs> CreateLicenseKey(Connection& tpm, const Primary& srk, ByteView auth_policy);

// Check: tpm.cleared. Parents are let go, except where the caller brings one; the license key comes back from
// its saved context after the first time.
Result<Handle> LoadAk(Connection& tpm, const KeySet& keys);
Result<Handle> LoadAk(Connection& tpm, const KeySet& keys, const Primary& ek);
Result<Handle> LoadLicenseKey(Connection& tpm, const KeySet& keys);

}  // namespace holdfast::tpm
