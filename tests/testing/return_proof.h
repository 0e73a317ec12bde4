// What the host of a SoftwareTpm makes when it returns a license.
#pragma once

#include "certs/certificate.h"
#include "protocol/return_proof.h"
#include "tests/testing/evidence.h"

namespace holdfast::testing {

struct ReturnLies {
  std::optional<Sha256Digest> certificate;  // in place of the license certificate's
  std::optional<StatedUsage> used;          // as it is stated
};

// The gate is one above options.gate_base. Uses the TPM's license key and AK; its clock stands.
ReturnProof BuildReturn(const SoftwareTpm& tpm, const RequestOptions& options, const Certificate& license,
                        const Bytes& nonce, Time now, const ReturnLies& lies = {});

}  // namespace holdfast::testing
