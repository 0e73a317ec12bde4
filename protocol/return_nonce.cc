#include "protocol/return_nonce.h"

namespace holdfast {
namespace {

std::string Preamble(const LicenseMessage& nonce) {
  return "Holdfast return nonce: the vendor asks for a fresh proof that a license was returned.\n"
         "Product: " +
         nonce.product + ", from " + nonce.vendor + "\nLicense: " + nonce.license +
         "\nOn the host that has the license:  holdfast return --nonce FILE -o PROOF\n"
         "A license that has not been returned yet is returned by that, for good.\n";
}

}  // namespace

constinit const MessageKind kReturnNonce{.file = FileKind::kReturnNonce,
                                         .type = MessageType::kReturnNonce,
                                         .label = kLabelReturnNonce,
                                         .context = "return_nonce",
                                         .time_member = "issued",
                                         .made_by = "holdfast-vendor return-nonce",
                                         .preamble = Preamble};

}  // namespace holdfast
