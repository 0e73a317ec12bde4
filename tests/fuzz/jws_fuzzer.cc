// JWS: one text has one type, has one spelling, and is not signed by a key that has signed nothing.
#include "protocol/jose/jws.h"

#include "protocol/base64.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText({data, size});
  // The base point of P-256 as a public key: its private key is 1, which nothing in the corpus was signed
  // with.
  static const PublicKey key =
      PublicKey::FromEcPoint(KeyType::kEcP256,
                             *HexDecode("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
                             *HexDecode("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"))
          .value();
  int accepted = 0;
  for (MessageType type : {MessageType::kRequest, MessageType::kProductKey, MessageType::kApproval,
                           MessageType::kReturn, MessageType::kReturnNonce, MessageType::kTimeAnswer,
                           MessageType::kHeartbeat, MessageType::kHeartbeatAnswer, MessageType::kSession}) {
    auto jws = ParseJws(text, type);
    if (!jws) continue;
    accepted++;
    HOLDFAST_REQUIRE(FinishJws(jws->signing_input, jws->signature) == text);
    HOLDFAST_REQUIRE(!VerifyJws(*jws, key));
  }
  HOLDFAST_REQUIRE(accepted <= 1);
  return 0;
}
