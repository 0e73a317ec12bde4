// A message of the vendor's about one license: genuine?
#pragma once

#include "certs/license_file.h"
#include "protocol/license_message.h"

namespace holdfast {

// Is it signed by the vendor that it names? Checks: <context>.vendor (kRefused), those of Certificate, VerifyMessageCertificate and VerifyJws.
Status VerifyMessage(const MessageKind& kind, const SignedMessage& message, const TrustAnchors& anchors);

// The same of any message of the vendor's: `context` is that of its checks, `what` says what it is.
struct VendorSignature {
  const Jws& jws;
  ByteView message_certificate, issuing_certificate;  // DER
  std::string_view vendor;                            // that it names
};
Status VerifyVendorSignature(const VendorSignature& message, std::string_view context, std::string_view what,
                             const TrustAnchors& anchors);

}  // namespace holdfast
