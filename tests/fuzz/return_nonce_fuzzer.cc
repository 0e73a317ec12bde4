// Return nonces: the file, and the payload that the signer is asked to sign.
#include "protocol/return_nonce.h"

#include "protocol/return_proof.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (auto file = ReadSignedMessageFile(kReturnNonce, AsText({data, size}))) {
    HOLDFAST_REQUIRE(file->content.nonce.size() == kReturnNonceSize);
    HOLDFAST_REQUIRE(!file->message_certificate.empty() && !file->issuing_certificate.empty());
    const std::string compact = FinishJws(file->jws.signing_input, file->jws.signature);
    auto again = ReadSignedMessageFile(
        kReturnNonce, ArmorMessage(kReturnNonce, compact, file->content, file->message_certificate,
                                   file->issuing_certificate));
    HOLDFAST_REQUIRE(again && FormatMessage(kReturnNonce, again->content) ==
                                  FormatMessage(kReturnNonce, file->content));
  }
  auto nonce = ParseMessage(kReturnNonce, {data, size});
  if (!nonce) return 0;
  const Bytes once = FormatMessage(kReturnNonce, *nonce);
  auto again = ParseMessage(kReturnNonce, once);
  HOLDFAST_REQUIRE(again && FormatMessage(kReturnNonce, *again) == once);
  return 0;
}
