// Session statements: the JWS, and the payload that a license key is asked to sign. What is read is written in one form, which is read as the same.
#include "protocol/local/session_statement.h"

#include "tests/fuzz/require.h"

using namespace holdfast;
using namespace holdfast::local;

namespace {

std::string Around(ByteView payload) {
  return FinishJws(JwsSigningInput(MessageType::kSession, SignatureAlgorithm::kEcdsaSha256, "", payload),
                   Bytes(64, 1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView input(data, size);
  for (const std::string& compact : {std::string(AsText(input)), Around(input)}) {
    const auto read = ParseSessionStatement(compact);
    if (!read) continue;
    const Bytes once = FormatSessionStatement(read->statement);
    const auto again = ParseSessionStatement(Around(once));
    HOLDFAST_REQUIRE(again && FormatSessionStatement(again->statement) == once);
    HOLDFAST_REQUIRE(read->statement.ends > read->statement.begins);
    HOLDFAST_REQUIRE(read->statement.ends - read->statement.begins <= kMaxSession);
  }
  return 0;
}
