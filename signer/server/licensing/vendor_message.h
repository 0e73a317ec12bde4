// What the vendor says to the host that has one license, signed by the message key of the license's line.
#pragma once

#include "protocol/license_message.h"
#include "signer/signing_service.h"

namespace holdfast {

// The file, read as the host will read it. Checks: those of the signer, licensing.issuer_changed (kUnavailable: try again).
Result<std::string> SignForHost(const MessageKind& kind, SigningService& signer, const IssuerInfo& issuer,
                                const LicenseMessage& message);

}  // namespace holdfast
