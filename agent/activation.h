// One file out, one file in. Both functions want the state directory's lock held by the caller. At any moment each
// product's file is the old one or the new one. After an error it is the old one, but for a revocation list that is for
// several products when the disk fails between two of them: installing it again completes it.
#pragma once

#include <functional>

#include "agent/hardware.h"
#include "agent/state/state_directory.h"
#include "certs/license_file.h"
#include "protocol/platform/clock.h"
#include "protocol/request.h"

namespace holdfast {

struct RequestOptions {
  bool make_new = false;  // even if a request for this product is open; that one's answer is then refused
  // A request of class host: keys in the state directory and a fingerprint. Nobody but the administrator chooses it.
  bool without_tpm = false;
  // In place of the license that is installed, whose hardware is gone. An open request of this kind for the same product key is given again; another
  // is dropped.
  bool repair = false;
  std::map<std::string, std::string> host_facts;
  std::string agent_version;
  // Whose answers could be installed here (VendorsOf). Absent: the roots are not known yet.
  std::optional<std::vector<std::string>> vendors;
};
// The counter of this host's ledger. Asked for with a TPM only, with the state directory's lock held.
using CounterSource = std::function<Result<LedgerCounter>()>;
struct RequestOutcome {
  std::string file;  // armored
  std::string product;
  bool repeated = false;                     // an open request, returned again octet for octet
  bool request_dropped = false;              // another one was open, whose answer is refused from now on
  bool counter_replaced = false;             // filled in by who makes the ledger: Books::replaced_counter
  bool repairs_installed = false;            // for the product key that the installed license was given for
  std::optional<Time> emergency_until = {};  // with `repair`: filled in by who begins it (repair.h)
};
// `product_key`: as typed; white space around it does not matter.
// Checks: those of ParseProductKey and of the TPM; request.vendor (kRefused: it is not of one of `vendors`), request.repair (kConflict: the installed
// license was given for another product key), request.open (kConflict: a request with another product
// key, or of another class, is open), request.keys (kConflict: the private keys of the open one are gone), request.active (kConflict: this product key is in use here already),
// host.fingerprint (without a TPM: too little of this host can be read to recognise it), and those of `counter`.
Result<RequestOutcome> MakeRequest(const Secret& product_key, const RequestOptions& options,
                                   const Hardware& hardware, const StateDirectory& state,
                                   const CounterSource& counter, const Clock& clock);

// The last two are installed by InstallTimeAnswer (time_exchange.h) and ApplyHeartbeatAnswer (heartbeat.h).
enum class InstalledKind { kAnswer, kLicenseFile, kRevocationList, kTimeAnswer, kHeartbeatAnswer };
struct InstallOutcome {
  InstalledKind kind = InstalledKind::kAnswer;
  std::vector<std::string> products;      // those that it is about
  bool changed = false;                   // false: everything in it was installed already
  std::vector<std::string> notices = {};  // from the vendor, for people
};
// What the file is, it says itself: an answer, a license file (a renewal for a key that is here), or a
// revocation list of an installed license's issuer or of a pinned root.
//
// Checks: install.kind; answer.request, answer.hardware, answer.key, answer.product, answer.content_keys, answer.meter; install.key (a license
// for a key that is not here), install.vendor, install.older, install.issuer (a list that no installed
// license needs), install.hardware (the TPM does not sign with the new license key, or this is not the licensed host), and those of
// ReadAnswerFile, OpenJwe, ParseLicenseFile, VerifyLicense, Crl and of the TPM.
Result<InstallOutcome> Install(std::string_view file_text, const Hardware& hardware,
                               const StateDirectory& state, const TrustAnchors& anchors, const Clock& clock);

}  // namespace holdfast
