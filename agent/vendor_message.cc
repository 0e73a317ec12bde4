#include "agent/vendor_message.h"

#include "certs/path.h"

namespace holdfast {

Status VerifyMessage(const MessageKind& kind, const SignedMessage& message, const TrustAnchors& anchors) {
  return VerifyVendorSignature(
      {message.jws, message.message_certificate, message.issuing_certificate, message.content.vendor},
      kind.context, DescribeFileKind(kind.file), anchors);
}

// The root's organization is the vendor's name (certs/path.h): one of several pinned vendors must not speak for another.
Status VerifyVendorSignature(const VendorSignature& message, std::string_view context, std::string_view what,
                             const TrustAnchors& anchors) {
  HOLDFAST_TRY(const auto signer,
               Certificate::Parse(message.message_certificate, CertificateProfile::kMessage));
  HOLDFAST_TRY(const auto issuing,
               Certificate::Parse(message.issuing_certificate, CertificateProfile::kIssuing));
  HOLDFAST_CHECK(VerifyMessageCertificate(signer, issuing, anchors));
  HOLDFAST_CHECK(VerifyJws(message.jws, signer.public_key()));
  if (issuing.fields().issuer.organization == message.vendor) return {};
  return Refused(std::string(context) + ".vendor",
                 "this is " + std::string(what) + " that is signed by another vendor than it names",
                 "get the file from the vendor again");
}

}  // namespace holdfast
