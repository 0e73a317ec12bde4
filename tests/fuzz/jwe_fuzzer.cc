// JWE: an accepted text has one spelling, and opens with no key that it was not sealed with.
#include "protocol/jose/jwe.h"

#include "protocol/base64.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText({data, size});
  auto jwe = ParseJwe(text);
  if (!jwe) return 0;
  HOLDFAST_REQUIRE(jwe->protected_header + "." + Base64UrlEncode(jwe->encrypted_key) + "." +
                       Base64UrlEncode(jwe->content.iv) + "." + Base64UrlEncode(jwe->content.ciphertext) +
                       "." + Base64UrlEncode(jwe->content.tag) ==
                   text);
  HOLDFAST_REQUIRE(RequestHashOf(*jwe).size() == 32);
  HOLDFAST_REQUIRE(!OpenJwe(*jwe, Secret(Bytes(32, 0x42))));
  if (const auto* header = std::get_if<HostAnswerHeader>(&jwe->header)) {
    static const EcPrivateKey kKey = EcPrivateKey::FromScalar(Secret(Bytes(32, 0x42))).value();
    HOLDFAST_REQUIRE(jwe->encrypted_key.empty() && header->license_key_hash.size() == 32);
    HOLDFAST_REQUIRE(!OpenJwe(*jwe, AgreeOnContentKey(*header, kKey).value()));
  }
  return 0;
}
