// Appraisal of a request that was made without a TPM (class host): a short list of named checks, the first that fails is
// the answer. There is nothing to attest: keys and fingerprint are claims of whoever is root there, and a plan that
// lists `host` takes them (docs/threat_model.md).
#pragma once

#include "signer/server/verifier/appraisal.h"

namespace holdfast {

struct HostAppraisal {
  PublicKey license_key, agreement_key;
};

// Of `policy` only vendor, product, possession_key and assurance matter. Checks (kRefused): the names below.
Result<HostAppraisal> AppraiseHost(const HostRequest& request, const AppraisalPolicy& policy);

// The names of the checks in the order in which they run; docs/appraisal.md and the tests follow this list.
std::vector<std::string_view> HostAppraisalCheckNames();

}  // namespace holdfast
