// The vendor's side of a return: a proof is appraised and credited, which needs no signer; and a nonce is given out, which the
// message key signs.
#pragma once

#include "signer/server/licensing/licensing.h"
#include "signer/server/licensing/returned_units.h"

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
  // "return.virtual_tpm"; of the units that are stated: "return.usage_shrank" (less than was reported), "return.set_back" (the ledger is older than
  // when the host reported last), "return.disturbed" (the ledger was set back or made anew since the activation).
  std::vector<std::string> notes;
  ReturnedUnits
      units;  // kNone, too, when an earlier proof counted them, or that of a later activation of the host
  std::optional<Time> expires;       // of the license that was returned; absent: never
  bool credits_time = false;         // its terms say so
  std::optional<Seconds> time_left;  // that is credited: the license stands still from now on
  Bytes proof_hash;
  Time accepted;
  bool repeated = false;
};

// What it had used up of its meters, and the time that is left, go to the next activation as the returned license says
// (docs/operations.md).
//
// Checks, in this order: those of ReadReturnProofFile, return.vendor (kRefused), return.activation (kNotFound: no activation has the certificate),
// those of AppraiseReturn, return.unproven (kDenied), those of FindSoldPlan, store.corrupt, those of Store::RecordReturn. A proof that was accepted before is
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
