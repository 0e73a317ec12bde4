// The Verifier (RFC 9334): is an activation request made by a genuine TPM, for a key that cannot leave it and
// dies with its gate? A list of named checks in a fixed order; the first that fails is the answer.
//
// What a good result does not say: that the request is fresh. Whoever holds the file can send it again; the
// answer opens only on the TPM that made it. See also ledger.h.
#pragma once

#include <vector>

#include "certs/ek_certificate.h"
#include "protocol/request.h"
#include "protocol/terms.h"
#include "protocol/tpm/templates.h"

namespace holdfast {

// For chips that bring no certificate: an EK that the vendor trusts by its hash, learnt over another channel.
// A pin is the vendor's word and goes before any certificate that the request may hold. That one is not verified;
// the manufacturer that it names can only speak against the TPM, in the two lists of what is denied. A host may
// leave it out, so whoever pins an EK answers for its maker.
struct PinnedEk {
  Sha256Digest key{};  // SHA-256 of the EK's SubjectPublicKeyInfo (PublicKey::SpkiSha256)
  EkRootClass root_class = EkRootClass::kDiscrete;
};

// Firmware with a known hole: from and to are inclusive values of TPMS_ATTEST.firmwareVersion.
struct DeniedFirmware {
  std::string manufacturer;  // as in the EK certificate, such as "id:53544D20", in either case; empty: any
  uint64_t from = 0, to = 0;
};

struct AppraisalPolicy {
  // What the product key was sold for; the caller finds it in the store by the request's product_key_id.
  std::string vendor, product;
  Bytes possession_key;  // Ed25519, 32 octets

  // From the plan. A discrete, firmware or Pluton TPM is hw-tpm, a cloud's virtual TPM is vtpm. A simulated
  // TPM is vtpm too, and needs both: vtpm in `assurance` and allow_simulator.
  std::vector<AssuranceClass> assurance{AssuranceClass::kHwTpm};
  bool allow_simulator = false;

  // From the vendor's configuration.
  EkRootBundle ek_roots;
  std::vector<PinnedEk> pinned_eks;
  std::vector<std::string> denied_manufacturers;
  std::vector<DeniedFirmware> denied_firmware;
};

// True, worth keeping, and no reason to refuse: "ek.expired", "ek.pinned", "attest.clock_not_safe".
struct AppraisalNote {
  std::string name;
  std::string message;
};

struct AttestationResult {
  AssuranceClass assurance = AssuranceClass::kHwTpm;
  EkIdentity ek;  // of a pinned EK only key and root_class
  tpm::EkTemplate ek_template = tpm::EkTemplate::kEccP256;
  tpm::Public ek_public;   // for MakeCredential
  tpm::Public srk_public;  // for SealContentKey, as is the next
  Bytes gate_policy;       // of the license key
  tpm::Name ek_name, ak_name, license_key_name;
  PublicKey license_key;
  uint32_t gate_index = 0;
  uint64_t gate_base = 0;
  LedgerPin ledger;               // what the license will be pinned to
  std::optional<MeterPin> meter;  // where a hard meter can be counted; absent: nowhere
  tpm::ClockInfo clock;           // of the last attest
  uint64_t firmware = 0;
  std::vector<AppraisalNote> notes;
};

// Checks: tpm.<structure>.<what> (kMalformed) while reading, ek.<what> of VerifyEkCertificate, and the names
// below (kRefused). Time only decides whether an EK certificate is expired, which is noted, not refused.
Result<AttestationResult> Appraise(const ActivationRequest& request, const AppraisalPolicy& policy, Time now);

// The names of the checks in the order in which they run; docs/appraisal.md and the tests follow this list.
std::vector<std::string_view> AppraisalCheckNames();

}  // namespace holdfast
