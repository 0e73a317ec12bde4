// What crosses the bus between the agent and its TPM.
#include <algorithm>
#include <cctype>
#include <map>
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

// How often each command was sent. A command is what swtpm's log says it read.
std::map<uint32_t, int> Commands(const SwTpm& tpm) {
  std::istringstream log(std::string(AsText(ReadFile(tpm.bus_log()))));
  std::map<uint32_t, int> sent;
  for (std::string line; std::getline(log, line);) {
    if (line.find("SWTPM_IO_Read") == std::string::npos || !std::getline(log, line)) continue;
    std::erase(line, ' ');
    constexpr size_t kCodeAt = 12, kCodeSize = 8;  // hexadecimal digits, after tag and size
    sent[static_cast<uint32_t>(std::stoul(line.substr(kCodeAt, kCodeSize), nullptr, 16))]++;
  }
  return sent;
}

int Sum(const std::map<uint32_t, int>& sent) {
  int all = 0;
  for (const auto& [code, count] : sent) all += count;
  return all;
}

bool Contains(const Bytes& traffic, ByteView octets) {
  return std::search(traffic.begin(), traffic.end(), octets.begin(), octets.end()) != traffic.end();
}

constexpr uint32_t kCreatePrimary = 0x131, kActivateCredential = 0x147, kCreate = 0x153, kLoad = 0x157,
                   kSign = 0x15d, kStartAuthSession = 0x176;

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

// The commands of a whole activation on a TPM without persistent keys, as a discrete TPM's time is all there
// is to it: primaries are made once, sessions close with their last use.
TEST_F(BusTest, ActivationSendsNoCommandTwiceWithoutNeed) {
  Counter();
  tpm_->Release();
  const std::map<uint32_t, int> before = Commands(*swtpm_);
  KeySet keys = Keys();
  ASSERT_TRUE(tpm_->EkCertificates(keys));
  ASSERT_TRUE(tpm_->Attest(keys, Counter(), kQualifyingData));
  ASSERT_TRUE(tpm_->Sign(keys, kDigest));
  std::map<uint32_t, int> sent = Commands(*swtpm_);
  for (const auto& [code, count] : before) sent[code] -= count;
  EXPECT_EQ(sent[kCreatePrimary], 2);
  EXPECT_EQ(sent[kCreate], 2);
  EXPECT_EQ(sent[kLoad], 2);
  EXPECT_EQ(sent[kStartAuthSession], 3);
  EXPECT_EQ(sent[kSign], 1);
  EXPECT_LE(Sum(sent), 48);
}

// And of opening the answer, by a process that begins anew: the EK once, for the AK, the salt and the credential; no SRK.
TEST_F(BusTest, OpeningTheAnswerSendsNoCommandTwiceWithoutNeed) {
  KeySet keys = Keys();
  Bytes credential = Credential(keys, Bytes(32, 7));
  tpm_->Release();
  const std::map<uint32_t, int> before = Commands(*swtpm_);
  ASSERT_TRUE(tpm_->ActivateCredential(keys, credential));
  std::map<uint32_t, int> sent = Commands(*swtpm_);
  for (const auto& [code, count] : before) sent[code] -= count;
  EXPECT_EQ(sent[kCreatePrimary], 1);
  EXPECT_EQ(sent[kLoad], 1);
  EXPECT_EQ(sent[kStartAuthSession], 3);
  EXPECT_EQ(sent[kActivateCredential], 1);
  EXPECT_LE(Sum(sent), 11);
}

}  // namespace
}  // namespace holdfast::testing
