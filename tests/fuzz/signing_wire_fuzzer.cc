// Requests and answers of the signer's socket: whatever parses must format to something that parses again.
#include <cstdlib>

#include "signer/signing_wire.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  const std::string_view text = AsText({data, size});
  if (auto call = ParseSigningCall(text); call && !ParseSigningCall(FormatSigningCall(*call))) std::abort();
  (void)ParseDerAnswer(text);
  (void)ParseJwsAnswer(text);
  if (auto status = ParseStatusAnswer(text);
      status && !ParseStatusAnswer(FormatSigningAnswer(SigningValue(*status))))
    std::abort();
  (void)ParseSigningFrameHeader({data, size});
  return 0;
}
