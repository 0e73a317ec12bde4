// What a license key states when its license is returned: made from the installed license, signed while the gate stands.
// Used by ReturnLicense.
#pragma once

#include "agent/ledger/books.h"
#include "agent/state/state_directory.h"
#include "certs/license_file.h"

namespace holdfast {

// What a host knows of the license that it returns.
struct LicenseToReturn {
  ReturnStatement statement;  // without the units
  LicenseTerms terms;
  LicenseId id;
};
// Checks: those of ParseLicenseFile and VerifyLicense; return.assurance (the keys beside the license are not of its class).
Result<LicenseToReturn> StatementFor(const InstalledLicense& installed, const std::string& agent_version,
                                     const TrustAnchors& anchors, Time now);

// What was used up of its meters, by the ledger; nothing where it has none. `use_tpm`: any license here does. Checks: those of
// Books::BeginReport.
Result<std::optional<StatedUsage>> UsageToState(const LicenseToReturn& license, bool use_tpm, Books& books);

// Checks: return.retired (kRefused: the gate has moved already), return.keys (kRefused: a host's private keys are gone or damaged), and those
// of the TPM.
Result<SignedReturnStatement> SignStatement(const ReturnStatement& statement, const LicenseKeys& keys,
                                            LicenseKeySigner& signer, const StateDirectory& state);

}  // namespace holdfast
