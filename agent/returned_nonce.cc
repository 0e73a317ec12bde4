#include "agent/returned_nonce.h"

#include "agent/vendor_message.h"

namespace holdfast {

Result<Bytes> NonceFor(const ReturnStatement& statement, const std::optional<Sha256Digest>& root,
                       std::string_view nonce_file, const TrustAnchors& anchors) {
  HOLDFAST_TRY(const SignedMessage file, ReadSignedMessageFile(kReturnNonce, nonce_file));
  HOLDFAST_TRY(const Sha256Digest signer, VerifyMessage(kReturnNonce, file, anchors));
  const LicenseMessage& nonce = file.content;
  if (nonce.vendor != statement.vendor || nonce.product != statement.product ||
      nonce.license != statement.license || nonce.serial != statement.serial)
    return Refused("return_nonce.license",
                   "the return nonce is for license " + nonce.license + " of " + nonce.product +
                       ", not for the one that is to be returned here",
                   "give it on the host that has that license, or ask the vendor for another one");
  if (root)
    HOLDFAST_CHECK(CheckRoot(signer, *root, kReturnNonce.context, DescribeFileKind(kReturnNonce.file)));
  if (!statement.gate)
    return Refused("return_nonce.class", "a host without a TPM proves nothing, with a nonce or without",
                   "leave out --nonce");
  return nonce.nonce;
}

}  // namespace holdfast
