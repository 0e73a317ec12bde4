// Faults of the second real module: its daemon dies, and its PIN locks.
#include "tests/signer/hsm/pkcs11/token_fixture.h"

namespace holdfast::hsm {
namespace {

class TpmModule : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string why_not;
    auto started = testing::TpmToken::Start(&why_not);
    if (!started) GTEST_SKIP() << why_not;
    tpm_.emplace(std::move(*started));
  }
  // In the token's directory, with its environment.
  int Run(const std::string& script) {
    std::string text = "cd " + tpm_->scratch.path().string() + "; . ./env; " + script;
    return std::system(("bash -c '" + text + "' > /dev/null 2>&1").c_str());
  }
  std::optional<testing::TpmToken> tpm_;
};

TEST_F(TpmModule, ComesBackWhenItsResourceManagerDoes) {
  auto token = Token::Open(ConfigOf(*tpm_));
  ASSERT_TRUE(token) << token.error().message;
  auto pinned = (*token)->ReadPublicKey("pkcs11:object=ec-p256");
  ASSERT_TRUE(pinned) << pinned.error().message;
  auto key = (*token)->OpenKey(*pinned);
  ASSERT_TRUE(key) << key.error().message;
  ASSERT_EQ(Run("kill $(cat abrmd.pid); while kill -0 $(cat abrmd.pid); do sleep 0.02; done"), 0);
  auto down = (*key)->SignDigest(RandomBytes(32));
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().kind, ErrorKind::kUnavailable) << down.error().message;
  EXPECT_EQ((*key)->health().state, KeyState::kDown);
  ASSERT_EQ(Run("setsid tpm2-abrmd --session --allow-root --flush-all --tcti=$(cat tcti) < /dev/null & echo "
                "$! > abrmd.pid; "
                "for i in $(seq 100); do tpm2_readclock && exit 0; sleep 0.05; done; exit 1"),
            0);
  auto back = (*key)->SignDigest(RandomBytes(32));
  EXPECT_TRUE(back) << back.error().message;
}

TEST_F(TpmModule, AWrongPinIsPresentedOnceAndDoesNotLock) {
  auto config = ConfigOf(*tpm_);
  std::ofstream(config.pin_file) << "9999";
  auto refused = Token::Open(config);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "hsm.pin_refused") << refused.error().message;
  std::ofstream(config.pin_file) << "1234";
  EXPECT_TRUE(Token::Open(config));
}

}  // namespace
}  // namespace holdfast::hsm
