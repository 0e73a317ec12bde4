// The vendor's side of a return: a proof is appraised and credited, which needs no signer; and a nonce is given out, which the
// message key signs.
#pragma once

#include "signer/server/licensing/licensing.h"

namespace holdfast {

struct AcceptOptions {
  bool unproven = false;  // credit the promise of a host without a TPM, on the customer's word
  bool dry_run = false;
};

struct AcceptedReturn {
  LicenseRecord license;        // after it
  ActivationRecord activation;  // whose certificate the proof is about, before it
  AssuranceClass assurance = AssuranceClass::kHwTpm;
  bool proven = false;             // else a promise
  std::optional<Time> newer_than;  // when the nonce was given out that the proof was made for
  std::vector<std::string> ended;  // activations that this freed, or would free
  std::vector<std::string> notes;  // "return.virtual_tpm"
  Bytes proof_hash;
  Time accepted;
  bool repeated = false;
};

// Checks, in this order: those of ReadReturnProofFile, return.activation (kNotFound: no activation has the certificate),
// those of AppraiseReturn, return.unproven (kDenied), those of Store::RecordReturn. A proof that was accepted before is
// accepted again and counts once.
Result<AcceptedReturn> AcceptReturn(Store& store, const std::string& vendor, const Change& change,
                                    std::string_view proof_file, const AcceptOptions& options);

// The file for the host. While a nonce of the activation is not used, it is given out again.
// Checks: return_nonce.activation (kConflict: it was never issued, or is of class host, or its attestation key was not kept), those
// of AskSigner and SignForHost, licensing.line, licensing.issuer_revoked.
Result<std::string> MakeReturnNonce(Store& store, SigningService& signer, const SignerStatus& status,
                                    const std::string& vendor, const Change& change,
                                    const ActivationRecord& activation);

}  // namespace holdfast
