// A message of the vendor's about one license: genuine? Used for return nonces and time answers.
#pragma once

#include "certs/license_file.h"
#include "protocol/license_message.h"

namespace holdfast {

// Is it signed by the vendor that it names? Checks: <context>.vendor (kRefused), those of Certificate, VerifyMessageCertificate and VerifyJws.
Status VerifyMessage(const MessageKind& kind, const SignedMessage& message, const TrustAnchors& anchors);

}  // namespace holdfast
