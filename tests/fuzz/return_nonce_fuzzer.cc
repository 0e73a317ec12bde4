// Return nonces: the file, and the payload that the signer is asked to sign.
#include "protocol/return_nonce.h"

#include "protocol/return_proof.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (auto file = ReadReturnNonceFile(AsText({data, size}))) {
    HOLDFAST_REQUIRE(file->content.nonce.size() == kReturnNonceSize);
    HOLDFAST_REQUIRE(!file->message_certificate.empty() && !file->issuing_certificate.empty());
    const std::string compact = FinishJws(file->jws.signing_input, file->jws.signature);
    auto again = ReadReturnNonceFile(
        ArmorReturnNonce(compact, file->content, file->message_certificate, file->issuing_certificate));
    HOLDFAST_REQUIRE(again && FormatReturnNonce(again->content) == FormatReturnNonce(file->content));
  }
  auto nonce = ParseReturnNonce({data, size});
  if (!nonce) return 0;
  const Bytes once = FormatReturnNonce(*nonce);
  auto again = ParseReturnNonce(once);
  HOLDFAST_REQUIRE(again && FormatReturnNonce(*again) == once);
  return 0;
}
