// Content keys of installed licenses: taken in with the answer that brings them, and opened by the TPM when one is asked for.
#pragma once

#include "agent/state/state_directory.h"
#include "protocol/terms.h"

namespace holdfast {

// Are they those that the terms name, each sealed to this TPM under the license's gate? Every one is opened, and wiped. Checks:
// answer.content_keys (kRefused), and what ContentKeyOpener says of a TPM that cannot be asked now.
Status CheckContentKeys(const SealedContentKeys& sealed, const LicenseTerms& terms, const LicenseKeys& keys,
                        ContentKeyOpener& opener);

// The key of the license that is installed for `product`, as its file is now. Whether the license grants it is for the caller to
// decide. Checks: those of ReadLicense, key.missing (kNotFound), those of ContentKeyOpener.
Result<Secret> OpenInstalledKey(const std::string& product, const std::string& name,
                                const StateDirectory& state, ContentKeyOpener& opener);

}  // namespace holdfast
