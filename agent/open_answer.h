// The sealed answer, opened: whose request it answers, and what license is inside. Used by Install.
#pragma once

#include "agent/state/state_directory.h"
#include "protocol/answer.h"

namespace holdfast {

// The request of ours that an answer is about: open, or answered before by what is installed.
struct KnownRequest {
  bool open = true;
  std::string product, vendor, product_key_id;  // vendor is empty when it is not open
  Sha256Digest request_hash;
  LicenseKeys keys;
};
// Checks: answer.request, answer.hardware.
Result<KnownRequest> FindKnownRequest(const Jwe& answer, const StateDirectory& state);

// ActivateCredential, or ECDH with the key-agreement key in the state directory; then the envelope: the license file
// and the content keys inside. Authenticity is not judged here. `answer` is one that FindKnownRequest found `keys` for.
// Checks: answer.hardware (the TPM refuses), answer.altered, and those of ReadHostKeys and ParseAnswerContent.
Result<AnswerContent> OpenAnswer(const Jwe& answer, const LicenseKeys& keys, CredentialOpener& opener,
                                 const StateDirectory& state);

}  // namespace holdfast
