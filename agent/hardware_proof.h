// Is the license at home here, and may its key still sign? Shown by a signature over a fresh challenge, verified with the
// key of the license certificate; of a host without a TPM also by its fingerprint, compared with the one in the terms.
#pragma once

#include "agent/enforcement/decide.h"
#include "agent/hardware.h"
#include "agent/license_session.h"
#include "agent/state/state_directory.h"

namespace holdfast {

struct HardwareVerdict {
  HardwareProof proof = HardwareProof::kUnavailable;
  Error error;  // what stood in the way; empty when proven
  std::vector<std::string>
      differ;  // class host: components that are not as licensed, also when that is tolerated
};
// Checks: those of LicenseKeySigner and ReadHostKeys; state.assurance (the keys are not of the license's class),
// host.fingerprint (this is another host than the licensed one).
HardwareVerdict ProveHardware(const LicenseKeys& keys, const VerifiedLicense& license,
                              const Hardware& hardware, const StateDirectory& state);

// The same by the signature that a session statement needs anyway, so that a session costs no further one. There is a session if and only if the hardware is
// proven. Check, besides those: session.boot_id, by which nothing is proven and nothing refuted.
struct ProvenSession {
  HardwareVerdict verdict;
  std::optional<LicenseSession> session;
};
ProvenSession ProveWithSession(const LicenseKeys& keys, const VerifiedLicense& license,
                               const Sha256Digest& certificate, const SessionOccasion& occasion,
                               const Hardware& hardware, const StateDirectory& state);

// Nor does anybody else sign this: the challenge is hashed under a domain of its own.
inline constexpr std::string_view kHardwareProofDomain{"holdfast hardware proof v1\0", 27};

}  // namespace holdfast
