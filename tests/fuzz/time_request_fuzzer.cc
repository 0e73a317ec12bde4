// Time requests, which the vendor reads: what is accepted is written in one form, which is read as the same.
#include "protocol/time_answer.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const auto& request :
       {ReadMessageFile(kTimeRequest, AsText({data, size})), ParseMessage(kTimeRequest, {data, size})}) {
    if (!request) continue;
    HOLDFAST_REQUIRE(request->nonce.size() == kNonceSize && !request->serial.empty());
    const std::string file = ArmorMessage(kTimeRequest, *request);
    auto again = ReadMessageFile(kTimeRequest, file);
    HOLDFAST_REQUIRE(again && ArmorMessage(kTimeRequest, *again) == file);
  }
  return 0;
}
