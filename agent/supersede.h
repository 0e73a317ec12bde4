// What may take the place of what is installed, so that nothing goes back: neither the license certificate
// nor a revocation list. Pure.
#pragma once

#include "certs/license_file.h"

namespace holdfast {

// `next` is for the same license key as `installed`, and both verify. The result is the file to install: the
// newer of each part; equal to `installed` when `next` brings nothing new.
// Checks: install.older (an older certificate or list).
Result<LicenseFile> Supersede(const LicenseFile& installed, const LicenseFile& next);

// `installed` with a newer list of its issuing key's, or of its root's; nothing when the list is neither.
// `roots` are the pinned anchors. Checks: install.older, crl.signature.
Result<std::optional<LicenseFile>> WithList(const LicenseFile& installed, const Crl& list,
                                            const TrustAnchors& roots);

// `next` with what is newer of the lists that came with `seen`, which may be of another license; lists that are not
// for `next`, or not genuine, are passed over.
LicenseFile WithNewerLists(const LicenseFile& next, const LicenseFile& seen, const TrustAnchors& roots);

bool SameContent(const LicenseFile& a, const LicenseFile& b);

}  // namespace holdfast
