// Who asks for a license: what the appraisal of a request established, whichever form it has.
#pragma once

#include <functional>

#include "protocol/content_key.h"
#include "protocol/terms.h"
#include "signer/server/store/store.h"
#include "signer/server/verifier/appraisal.h"
#include "signer/server/verifier/host_appraisal.h"

namespace holdfast {

struct Applicant {
  AssuranceClass assurance = AssuranceClass::kHwTpm;
  PublicKey license_key;
  // What counts as one host: the EK's Name; without a TPM that of the activation whose fingerprint matches, or a hash of
  // the license key (decisions/0064). ActivationRecord::ek_name.
  Bytes host_name;
  Bytes ak_public = {};                         // with a TPM
  Bytes license_key_name;                       // without a TPM: SHA-256 of its SubjectPublicKeyInfo
  Fingerprint fingerprint = {};                 // without a TPM
  std::optional<LedgerPin> ledger = {};         // with a TPM
  std::optional<MeterPin> meter = {};           // with a TPM that can count a hard meter
  std::vector<std::string> notes = {};          // names of AppraisalNote
  std::optional<SightingRecord> sighting = {};  // with a TPM
  HistoryCheck check_history = {};              // with a TPM: judges its other sightings
  // The answer's plaintext as a JWE that only the applicant can open.
  std::function<Result<std::string>(ByteView plaintext)> seal;
  // A content key, which goes into that plaintext, for the applicant's TPM and under its gate. With a TPM.
  std::function<Result<SealedContentKey>(const Secret& key)> seal_key = {};
};

Applicant ApplicantWithTpm(const ActivationRequest& request, const AttestationResult& appraised,
                           const std::string& license, Time now);
// `activations`: those of the license that is asked for, in which the host may be known already.
Applicant ApplicantWithoutTpm(const HostRequest& request, const HostAppraisal& appraised,
                              const std::vector<ActivationRecord>& activations);

}  // namespace holdfast
