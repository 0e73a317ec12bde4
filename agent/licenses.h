// All installed licenses, verified, and their hardware proven.
#pragma once

#include "agent/enforcement/decide.h"
#include "agent/hardware.h"
#include "agent/license_session.h"
#include "agent/state/state_directory.h"
#include "certs/license_file.h"

namespace holdfast {

// The file of pinned roots. Checks: those of ReadFile and ParseTrustAnchors; the message names the file.
Result<TrustAnchors> ReadTrustAnchors(const Path& file);

struct LoadedLicense {
  LicenseView view;
  LicenseKeys keys;            // of a verified license
  bool unreadable = false;     // the file could not be read now, which says nothing about its content
  Sha256Digest certificate{};  // SHA-256 of a verified license's, DER
  LicenseProof proof;          // with which an application is answered
  bool returned = false;  // it was returned, or is being returned: no earlier proof holds (return_license.h)
};

// Every file of STATE/licenses; what cannot be read, parsed or verified is there as tampered, with the reason: one product's file
// is nothing to the others. Nothing is proven yet. Checks: state.read, when the directory cannot be listed.
Result<std::vector<LoadedLicense>> LoadLicenses(const StateDirectory& state, const TrustAnchors& anchors);

// Signs a challenge with each license key that is not proven, and looks at each host without a TPM again: its parts may
// change while we run. False: something could not be asked for all, or a host is not as licensed, so trying again
// soon makes sense: when a machine starts, udev may still be at work. The views say what stood in the way.
// With an occasion the signature is that of a session, where there is none or it is time for another one.
using Occasion = std::optional<SessionOccasion>;
bool ProveLicenses(std::vector<LoadedLicense>& licenses, const Hardware& hardware,
                   const StateDirectory& state, const Occasion& occasion = {});
// Its two halves: licenses of class host, which ask no TPM, and the others.
bool ProveHosts(std::vector<LoadedLicense>& licenses, const Hardware& hardware, const StateDirectory& state,
                const Occasion& occasion = {});
bool ProveByTpm(std::vector<LoadedLicense>& licenses, const Hardware& hardware, const StateDirectory& state,
                const Occasion& occasion = {});

// Signs a session for each license that is proven and has none, or an old one. What is proven stays proven, whatever comes of it. True: there are new ones,
// or it is known anew why there are none.
bool RenewSessions(std::vector<LoadedLicense>& licenses, const Hardware& hardware,
                   const StateDirectory& state, const SessionOccasion& occasion);

// Is there one in the TPM, so that the ledger is kept with it?
bool AnyInTpm(const std::vector<LoadedLicense>& licenses);
// Shows their lists to `time`: thisUpdate is a moment at which the vendor's clock stood.
void SeeSignedTimes(const std::vector<LoadedLicense>& licenses, OwnedTime& time);

// Is there one whose host is to be looked at again from time to time?
bool AnyOfClassHost(const std::vector<LoadedLicense>& licenses);

// What was proven before stays proven for the same license key: proofs last as long as the process, or until it is returned; sessions, for the same certificate. What cannot be read now stays
// what it was, with the fault.
void KeepProofs(const std::vector<LoadedLicense>& before, std::vector<LoadedLicense>& licenses);

// By product: of the licenses that are proven.
std::map<std::string, LicenseProof> ProofsOf(const std::vector<LoadedLicense>& licenses);
std::vector<LicenseView> ViewsOf(const std::vector<LoadedLicense>& licenses);

}  // namespace holdfast
