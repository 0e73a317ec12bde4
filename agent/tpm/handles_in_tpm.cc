// Which handles the TPM has, and which of them are leftovers of ours.
#include <algorithm>

#include "agent/tpm/connection.h"
#include "agent/tpm/marshal.h"
#include "agent/tpm/sealed_key.h"
#include "protocol/tpm/templates.h"

namespace holdfast::tpm {
namespace {

bool IsOurs(const TPM2B_PUBLIC& object) {
  Result<Bytes> encoded = Encode(object);
  if (!encoded) return false;
  if (MatchesSealedKey(*encoded) || MatchesContentKey(*encoded, View(object.publicArea.authPolicy)))
    return true;
  Result<Public> parsed = ParsePublic(*encoded);
  return parsed &&
         (MatchEk(*parsed) || MatchesSrk(*parsed) || MatchesAk(*parsed) || MatchesLicenseKey(*parsed));
}

}  // namespace

Result<std::vector<TPM2_HANDLE>> Connection::Handles(TPM2_HANDLE first, TPM2_HANDLE last) {
  std::vector<TPM2_HANDLE> found;
  TPMI_YES_NO more = TPM2_YES;
  while (more && first <= last) {
    Owned<TPMS_CAPABILITY_DATA> data;
    HOLDFAST_CHECK(Run({"TPM2_GetCapability of handles"}, [&](ESYS_CONTEXT* esys) {
      return Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES, first,
                                TPM2_MAX_CAP_HANDLES, &more, data.Receive());
    }));
    const TPML_HANDLE& handles = data->data.handles;
    if (data->capability != TPM2_CAP_HANDLES || handles.count > TPM2_MAX_CAP_HANDLES)
      return Fail(ErrorKind::kUnavailable, "tpm.answer", "the TPM listed something else than its handles");
    if (handles.count == 0) break;
    for (uint32_t i = 0; i < handles.count; i++) {
      TPM2_HANDLE handle = handles.handle[i];
      if (handle < first || handle > last) return found;  // also ends a list that does not ascend
      found.push_back(handle);
      first = handle + 1;
    }
  }
  return found;
}

Result<bool> Connection::HasPersistent(TPM2_HANDLE handle) {
  if (!persistent_) {
    HOLDFAST_TRY(persistent_, Handles(TPM2_PERSISTENT_FIRST, TPM2_PERSISTENT_LAST));
  }
  return std::find(persistent_->begin(), persistent_->end(), handle) != persistent_->end();
}

void Connection::FreeLeftovers() {
  freeing_ = true;
  std::vector<TPM2_HANDLE> held;
  for (ESYS_TR tr : held_) {
    TPM2_HANDLE handle = 0;
    if (!Esys_TR_GetTpmHandle(esys_, tr, &handle)) held.push_back(handle);
  }
  for (auto [first, last] : {std::pair(TPM2_TRANSIENT_FIRST, TPM2_TRANSIENT_LAST),
                             std::pair(TPM2_LOADED_SESSION_FIRST, TPM2_POLICY_SESSION_LAST)}) {
    Result<std::vector<TPM2_HANDLE>> loaded = Handles(first, last);
    if (!loaded) continue;
    for (TPM2_HANDLE handle : *loaded)
      if (std::find(held.begin(), held.end(), handle) == held.end()) FreeLeftover(handle);
  }
  freeing_ = false;
}

void Connection::FreeLeftover(TPM2_HANDLE handle) {
  ESYS_TR tr = ESYS_TR_NONE;
  if (!Run({"TPM2_ReadPublic"}, [&](ESYS_CONTEXT* esys) {
        return Esys_TR_FromTPMPublic(esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &tr);
      }))
    return;
  Handle leftover = Handle::Flushed(*this, tr);
  if (handle < TPM2_TRANSIENT_FIRST) return;  // a session
  Owned<TPM2B_PUBLIC> object;
  Status read = Run({"TPM2_ReadPublic"}, [&](ESYS_CONTEXT* esys) {
    return Esys_ReadPublic(esys, tr, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, object.Receive(), nullptr,
                           nullptr);
  });
  if (!read || !IsOurs(*object)) leftover.Ended();
}

}  // namespace holdfast::tpm
