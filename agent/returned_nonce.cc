#include "agent/returned_nonce.h"

#include "certs/path.h"

namespace holdfast {
namespace {

// The root's organization is the vendor's name (certs/path.h): one of several pinned vendors must not speak for another.
Status VerifySigner(const SignedReturnNonce& file, const TrustAnchors& anchors) {
  HOLDFAST_TRY(const auto message,
               Certificate::Parse(file.message_certificate, CertificateProfile::kMessage));
  HOLDFAST_TRY(const auto issuing,
               Certificate::Parse(file.issuing_certificate, CertificateProfile::kIssuing));
  HOLDFAST_CHECK(VerifyMessageCertificate(message, issuing, anchors));
  HOLDFAST_CHECK(VerifyJws(file.jws, message.public_key()));
  if (issuing.fields().issuer.organization == file.content.vendor) return {};
  return Refused("return_nonce.vendor", "the return nonce is signed by another vendor than it names",
                 "get the file from the vendor again");
}

}  // namespace

Result<Bytes> NonceFor(const ReturnStatement& statement, std::string_view nonce_file,
                       const TrustAnchors& anchors) {
  HOLDFAST_TRY(const SignedReturnNonce file, ReadReturnNonceFile(nonce_file));
  HOLDFAST_CHECK(VerifySigner(file, anchors));
  const ReturnNonce& nonce = file.content;
  if (nonce.vendor != statement.vendor || nonce.product != statement.product ||
      nonce.license != statement.license || nonce.serial != statement.serial)
    return Refused("return_nonce.license",
                   "the return nonce is for license " + nonce.license + " of " + nonce.product +
                       ", not for the one that is to be returned here",
                   "give it on the host that has that license, or ask the vendor for another one");
  if (!statement.gate)
    return Refused("return_nonce.class", "a host without a TPM proves nothing, with a nonce or without",
                   "leave out --nonce");
  return nonce.nonce;
}

}  // namespace holdfast
