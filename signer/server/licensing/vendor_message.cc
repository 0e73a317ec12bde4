#include "signer/server/licensing/vendor_message.h"

#include "certs/certificate.h"

namespace holdfast {

Result<std::string> SignForHost(const MessageKind& kind, SigningService& signer, const IssuerInfo& issuer,
                                const LicenseMessage& message) {
  HOLDFAST_TRY(const auto certificate,
               Certificate::Parse(issuer.message_certificate, CertificateProfile::kMessage));
  HOLDFAST_TRY(const std::string jws,
               signer.SignMessage({issuer.line, *kind.type, FormatMessage(kind, message)}));
  const std::string file =
      ArmorMessage(kind, jws, message, issuer.message_certificate, issuer.issuing_certificate);
  HOLDFAST_TRY(const SignedMessage made, ReadSignedMessageFile(kind, file));
  if (VerifyJws(made.jws, certificate.public_key())) return file;
  return Fail(ErrorKind::kUnavailable, "licensing.issuer_changed",
              "the message key was rotated while a message was being signed", "try again");
}

}  // namespace holdfast
