// A software TPM that the policy trusts, and its request with or without a lie.
#pragma once

#include <gtest/gtest.h>

#include "protocol/product_key.h"
#include "signer/server/verifier/appraisal.h"
#include "tests/testing/evidence.h"

namespace holdfast {

inline const Time kAppraisalTime = ParseTime("2026-11-22T12:00:00Z").value();

// The policy that accepts what BuildRequest(tpm, options) makes.
inline AppraisalPolicy PolicyFor(const testing::SoftwareTpm& tpm,
                                 const testing::RequestOptions& options = {}) {
  AppraisalPolicy policy;
  policy.vendor = options.vendor;
  policy.product = options.product;
  policy.possession_key = PossessionPublicKey(Secret::CopyOf(options.seed)).value();
  policy.ek_roots = tpm.authority.Bundle(EkRootClass::kDiscrete);
  return policy;
}

inline ActivationRequest RequestOf(testing::SoftwareTpm& tpm, const testing::RequestOptions& options = {}) {
  auto request = ParseRequest(testing::BuildRequest(tpm, options));
  if (!request) throw std::runtime_error(request.error().check + ": " + request.error().message);
  return *request;
}

// "" when the request passes.
inline std::string FailedCheck(const Result<AttestationResult>& result) {
  return result ? "" : result.error().check;
}

}  // namespace holdfast
