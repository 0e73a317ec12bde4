// Answers of the local API, as an application reads them from whoever sits on the socket: to a challenge, to entitlements, and lines with an authentication code.
// Nothing that was not sealed opens, no answer is taken for the agent's, and what is read is written in one form, which is read as the same.
#include "protocol/crypto/random.h"
#include "protocol/json_text.h"
#include "protocol/local/answer_mac.h"
#include "protocol/local/challenge.h"
#include "protocol/local/ec_point.h"
#include "protocol/local/entitlements.h"
#include "tests/fuzz/require.h"

using namespace holdfast;
using namespace holdfast::local;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const EcPrivateKey own = EcPrivateKey::Generate().value(), agents = EcPrivateKey::Generate().value();
  static const Challenge challenge{"nls", Bytes(kChallengeNonceSize, 7), EcPointOf(own.public_key())};
  const std::string_view text = AsText({data, size});
  if (const auto answer = ParseChallengeAnswer(text)) {
    HOLDFAST_REQUIRE(!VerifyChallengeAnswer(challenge, own, *answer, agents.public_key()));
    const std::string once = FormatJson(FormatChallengeAnswer(*answer));
    const auto again = ParseChallengeAnswer(once);
    HOLDFAST_REQUIRE(again && FormatJson(FormatChallengeAnswer(*again)) == once);
  }
  if (const auto entitlements = ParseEntitlements(text)) {
    const std::string once = FormatJson(FormatEntitlements(*entitlements));
    const auto again = ParseEntitlements(once);
    HOLDFAST_REQUIRE(again && FormatJson(FormatEntitlements(*again)) == once);
    HOLDFAST_REQUIRE(entitlements->license.is_null() || ParseLicenseStatus(entitlements->license));
    for (const auto& [name, decision] : entitlements->decisions)
      HOLDFAST_REQUIRE(decision.allowed == decision.value.has_value());
  }
  const Sha256Digest asked = Sha256(AsBytes("{}"));
  AnswerSequence stranger(RandomSecret(32));
  HOLDFAST_REQUIRE(!stranger.Open(asked, text));
  AnswerSequence agent(Secret(Bytes(32, 7))), application(Secret(Bytes(32, 7)));
  const std::string line = agent.Seal(asked, text);
  const auto opened = application.Open(asked, line);
  HOLDFAST_REQUIRE(opened && *opened == text);
  return 0;
}
