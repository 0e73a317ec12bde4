// A message of the vendor's about one license: genuine?
#pragma once

#include "certs/license_file.h"
#include "protocol/license_message.h"

namespace holdfast {

// Is it signed by a vendor of the name that it bears, and by whose root? Another root may bear the same name: what a message changes on this host
// it changes for a license that leads to that root (VerifiedLicense::root), and for no other.
// Checks: <context>.vendor (kRefused), those of Certificate, VerifyMessageCertificate and VerifyJws.
Result<Sha256Digest> VerifyMessage(const MessageKind& kind, const SignedMessage& message,
                                   const TrustAnchors& anchors);

// The same of any message of the vendor's: `context` is that of its checks, `what` says what it is.
struct VendorSignature {
  const Jws& jws;
  ByteView message_certificate, issuing_certificate;  // DER
  std::string_view vendor;                            // that it names
};
Result<Sha256Digest> VerifyVendorSignature(const VendorSignature& message, std::string_view context,
                                           std::string_view what, const TrustAnchors& anchors);
// Is the root that stands behind a message the license's? Check: <context>.vendor (kRefused).
Status CheckRoot(const Sha256Digest& signer, const Sha256Digest& license, std::string_view context,
                 std::string_view what);

}  // namespace holdfast
