// What crosses the bus between the agent and its TPM.
#include <algorithm>
#include <cctype>
#include <sstream>

#include "protocol/crypto/random.h"
#include "tests/agent/tpm/fixture.h"

namespace holdfast::testing {
namespace {

// Every octet of every command and answer, in order. swtpm's log has them as words of two hexadecimal digits.
Bytes Traffic(const SwTpm& tpm) {
  std::istringstream log(std::string(AsText(ReadFile(tpm.bus_log()))));
  Bytes traffic;
  for (std::string word; log >> word;)
    if (word.size() == 2 && isxdigit(word[0]) && isxdigit(word[1])) Append(traffic, *HexDecode(word));
  return traffic;
}

bool Contains(const Bytes& traffic, ByteView octets) {
  return std::search(traffic.begin(), traffic.end(), octets.begin(), octets.end()) != traffic.end();
}

class BusTest : public TpmTest {
 protected:
  void SetUp() override {
    swtpm_ = SwTpm::Start(dir_.path() / "tpm", {.log_bus = true});
    tpm_ = Open(swtpm_->tcti());
  }
};

TEST_F(BusTest, SecretOfTheAnswerNeverCrossesInClear) {
  KeySet keys = Keys();
  Bytes secret = RandomBytes(32);
  Bytes credential = Credential(keys, secret);
  auto opened = tpm_->ActivateCredential(keys, credential);
  ASSERT_TRUE(opened) << opened.error().message;
  ASSERT_TRUE(Equal(opened->Reveal(), secret));
  Bytes traffic = Traffic(*swtpm_);
  ASSERT_TRUE(Contains(traffic, ByteView(credential).subspan(4, 32))) << "the log does not show the traffic";
  EXPECT_FALSE(Contains(traffic, ByteView(secret).first(8)));
  EXPECT_FALSE(Contains(traffic, ByteView(secret).last(8)));
}

}  // namespace
}  // namespace holdfast::testing
