// Product keys, as they stand and with the checksum made right, so that what is behind it is reached.
#include "protocol/product_key.h"

#include "protocol/jose/jws.h"
#include "protocol/terms.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText({data, size});
  for (const std::string& candidate : {std::string(text), FormatProductKey("NLS", text)}) {
    auto key = ParseProductKey(candidate);
    if (!key) continue;
    HOLDFAST_REQUIRE(FormatProductKey(key->prefix, key->jwt.RevealText()) == candidate);
    HOLDFAST_REQUIRE(IsIdentifier(key->claims.product) && IsIdentifier(key->claims.plan));
    const std::string payload = ProductKeyPayload(key->claims);
    auto again = ParseProductKey(FormatProductKey(
        "AB", FinishJws(JwsSigningInput(MessageType::kProductKey, SignatureAlgorithm::kEcdsaSha256, "",
                                        AsBytes(payload)),
                        Bytes(64, 1))));
    HOLDFAST_REQUIRE(!again || ProductKeyPayload(again->claims) == payload);
    HOLDFAST_REQUIRE(ProvePossession(key->claims.seed, Bytes(32, 0)));
  }
  return 0;
}
