// Where the time of an activation goes.
#include "tests/agent/tpm/fixture.h"

namespace holdfast::testing {
namespace {

using Clock = std::chrono::steady_clock;

// Nothing here asserts a time: `tpm_test --gtest_filter=CostTest.*` prints it.
TEST(CostTest, TimeOutsideTheTpm) {
  TempDir dir;
  auto swtpm = SwTpm::Start(dir.path());
  int commands = 0, answers = 0;
  Clock::duration in_tpm{};
  Clock::time_point sent;
  auto observe = [&](TpmOptions::Event event) {
    if (event == TpmOptions::Event::kCommand) {
      commands++;
      sent = Clock::now();
    } else {
      answers++;
      in_tpm += Clock::now() - sent;
    }
  };
  auto tpm = *Tpm::Open(swtpm->tcti(), {.sleep = {}, .observe = observe});
  LedgerCounter counter;
  counter.auth = Secret(Bytes(kCounterAuthSize, 0x5a));
  ASSERT_TRUE(tpm->CreateCounter(counter));
  commands = answers = 0, in_tpm = {};
  Clock::time_point start = Clock::now();
  constexpr int kRounds = 20;
  for (int i = 0; i < kRounds; i++) {
    auto keys = tpm->CreateKeys(kGate);
    ASSERT_TRUE(keys) << keys.error().message;
    ASSERT_TRUE(tpm->EkCertificates(*keys));
    ASSERT_TRUE(tpm->Attest(*keys, counter, Sha256Digest{}));
    ASSERT_TRUE(tpm->Sign(*keys, Sha256Digest{}));
    tpm->Release();
  }
  Clock::duration all = Clock::now() - start;
  EXPECT_EQ(commands, answers);
  EXPECT_GT(commands, 40 * kRounds);
  printf("%d commands a request; %.2f ms, of which %.2f ms in the TPM: ratio %.3f\n", commands / kRounds,
         std::chrono::duration<double, std::milli>(all).count() / kRounds,
         std::chrono::duration<double, std::milli>(in_tpm).count() / kRounds,
         std::chrono::duration<double>(all) / std::chrono::duration<double>(in_tpm));
}

}  // namespace
}  // namespace holdfast::testing
