// The vendor's nonce for a return: genuine, and for this license? Used by ReturnLicense.
#pragma once

#include "certs/license_file.h"
#include "protocol/return_nonce.h"
#include "protocol/return_statement.h"

namespace holdfast {

// The 32 octets. `root`: of the license; absent when it is gone and was returned before roots were recorded. Checks: return_nonce.class (kRefused: a host
// without a TPM proves nothing, with a nonce or without), return_nonce.license (kRefused: it is for something else), return_nonce.vendor (kRefused: also of
// another root that bears the vendor's name), and those of ReadSignedMessageFile and VerifyMessage.
Result<Bytes> NonceFor(const ReturnStatement& statement, const std::optional<Sha256Digest>& root,
                       std::string_view nonce_file, const TrustAnchors& anchors);

}  // namespace holdfast
