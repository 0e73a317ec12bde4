#include "agent/vendor_message.h"

#include "certs/path.h"

namespace holdfast {

Result<Sha256Digest> VerifyMessage(const MessageKind& kind, const SignedMessage& message,
                                   const TrustAnchors& anchors) {
  return VerifyVendorSignature(
      {message.jws, message.message_certificate, message.issuing_certificate, message.content.vendor},
      kind.context, DescribeFileKind(kind.file), anchors);
}

// The root's organization is the vendor's name (certs/path.h): one of several pinned vendors must not speak for another.
Result<Sha256Digest> VerifyVendorSignature(const VendorSignature& message, std::string_view context,
                                           std::string_view what, const TrustAnchors& anchors) {
  HOLDFAST_TRY(const auto signer,
               Certificate::Parse(message.message_certificate, CertificateProfile::kMessage));
  HOLDFAST_TRY(const auto issuing,
               Certificate::Parse(message.issuing_certificate, CertificateProfile::kIssuing));
  HOLDFAST_TRY(const Sha256Digest root, VerifyMessageCertificate(signer, issuing, anchors));
  HOLDFAST_CHECK(VerifyJws(message.jws, signer.public_key()));
  if (issuing.fields().issuer.organization == message.vendor) return root;
  return Refused(std::string(context) + ".vendor",
                 "this is " + std::string(what) + " that is signed by another vendor than it names",
                 "get the file from the vendor again");
}

Status CheckRoot(const Sha256Digest& signer, const Sha256Digest& license, std::string_view context,
                 std::string_view what) {
  if (signer == license) return {};
  return Refused(std::string(context) + ".vendor",
                 "this is " + std::string(what) +
                     " that is signed by a vendor of the same name, but not by the one whose license is "
                     "installed here",
                 "get the file from the vendor of the license; holdfast inspect says whose it is");
}

}  // namespace holdfast
