// Return with proof: an installed license is given up for good, and the vendor gets a file that proves it. Both functions
// want the state directory's lock held by the caller.
//
// The statement says what was used up of the license's meters. One that was made by a return that was stopped before the gate moved is made
// anew while the license key can sign, since the license may have been used since.
//
// In this order, so that it can be stopped anywhere and done again: the statement is signed by the license key and
// written to the state; the gate moves; the TPM attests its value; the proof is written. Without a TPM the private keys are removed
// in the gate's place, which proves nothing.
#pragma once

#include "agent/hardware.h"
#include "agent/ledger/books.h"
#include "agent/state/state_directory.h"
#include "certs/license_file.h"
#include "protocol/platform/clock.h"

namespace holdfast {

struct ReturnOptions {
  std::string product;  // empty: the only one
  std::string nonce;    // the text of a return nonce file of the vendor's; empty: none
  bool dry_run = false;
  std::string agent_version;
};
struct ReturnOutcome {
  std::string product, license;
  bool by_tpm = true;                 // else the file is a promise
  bool repeated = false;              // it was returned before
  bool fresh = false;                 // the proof is newer than a nonce of the vendor's
  bool request_dropped = false;       // an open request of the product died with the gate
  std::string file;                   // armored; empty after a dry run
  std::vector<MeterUsage> used;       // as stated
  std::optional<LicenseTerms> terms;  // of the license; absent: it is not installed any more
};
// What was returned before gives its proof again, or a new one for a new nonce.
//
// Checks: return.nothing (kNotFound), return.product (kUsage: several), return.retired (the license key cannot sign the
// statement any more), return.kept (kConflict: the proof of another license is kept in its place); return_nonce.class (without a
// TPM), return_nonce.license, return_nonce.vendor, and those of ReadSignedMessageFile, VerifyMessage,
// VerifyLicense, of Books::BeginReport where the license has meters, and of the TPM.
Result<ReturnOutcome> ReturnLicense(const ReturnOptions& options, const Hardware& hardware,
                                    const StateDirectory& state, const TrustAnchors& anchors,
                                    const Clock& clock, Books& books);

// Removes a kept proof, and the license that it is about if that is still installed.
// Checks: return.nothing, return.product, return.unfinished (kConflict: there is no proof yet).
Result<ReturnOutcome> ForgetReturn(const std::string& product, const StateDirectory& state);

// Is `installed` what was returned, or is being returned?
bool IsReturned(const InstalledLicense& installed, const StateDirectory& state);

}  // namespace holdfast
