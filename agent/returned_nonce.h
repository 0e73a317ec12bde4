// The vendor's nonce for a return: genuine, and for this license? Used by ReturnLicense.
#pragma once

#include "certs/license_file.h"
#include "protocol/return_nonce.h"
#include "protocol/return_statement.h"

namespace holdfast {

// The 32 octets. Checks: return_nonce.class (kRefused: a host without a TPM proves nothing, with a nonce or without),
// return_nonce.license (kRefused: it is for something else), and those of ReadSignedMessageFile
// and VerifyMessage.
Result<Bytes> NonceFor(const ReturnStatement& statement, std::string_view nonce_file,
                       const TrustAnchors& anchors);

}  // namespace holdfast
