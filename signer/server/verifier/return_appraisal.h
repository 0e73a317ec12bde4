// Appraisal of a return proof: is the license key of that activation dead? A list of named checks in a fixed order; the
// first that fails is the answer.
//
// What a good result does not say: of a virtual TPM, that its state was not set back since; of a host without a TPM, anything
// at all; without a nonce, when the license key died. A nonce says that the TPM attested after it was made.
#pragma once

#include <vector>

#include "protocol/return_proof.h"
#include "protocol/terms.h"
#include "protocol/tpm/structures.h"

namespace holdfast {

// What the vendor knows of the activation whose certificate the statement names.
struct ReturnExpectation {
  std::string vendor, product, license;
  Bytes certificate;  // of the license, DER
  AssuranceClass assurance = AssuranceClass::kHwTpm;
  // With a TPM:
  Bytes ek_name;
  Bytes ak_public;  // empty: activated before it was kept
  uint32_t gate_index = 0;
  uint64_t gate_base = 0;
  Bytes nonce;  // that the proof must have; empty: none
};

struct ReturnAppraisal {
  uint64_t gate_value = 0;  // 0: a promise, nothing was proven
  tpm::ClockInfo clock;     // of the attest
};

// Checks: tpm.<structure>.<what> (kMalformed) while reading, and the names below (kRefused).
Result<ReturnAppraisal> AppraiseReturn(const ReturnProof& proof, const ReturnExpectation& expected);

// The names of the checks in the order in which they run; docs/appraisal.md and the tests follow this list.
std::vector<std::string_view> ReturnCheckNames();

}  // namespace holdfast
