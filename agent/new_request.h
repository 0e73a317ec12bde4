// A request with new keys, made with the TPM or, when that was asked for, without one. Used by MakeRequest.
#pragma once

#include "agent/activation.h"
#include "protocol/product_key.h"

namespace holdfast {

// Without a TPM, private keys are in the state directory afterwards; nothing else on disk has changed.
// Checks: those of the TPM and of `counter`; host.fingerprint, those of WriteHostKeys.
Result<PendingRequest> NewRequest(const ProductKeyClaims& claims, const RequestOptions& options,
                                  const Hardware& hardware, const StateDirectory& state,
                                  const CounterSource& counter, Time now);

}  // namespace holdfast
