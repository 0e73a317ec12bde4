// Each PIN that the operator gives is presented once: most tokens lock after three wrong ones.
#include <thread>

#include "tests/signer/hsm/pkcs11/token_fixture.h"

namespace holdfast::hsm {
namespace {

using Pin = ShimmedToken;

constexpr unsigned long kGeneralError = 0x05, kPinIncorrect = 0xa0, kPinLocked = 0xa4;

TEST_F(Pin, AWrongOneIsPresentedOnceAtStart) {
  WritePin("4321");
  auto token = Token::Open(config_);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().check, "hsm.pin_refused");
  EXPECT_EQ(token.error().kind, ErrorKind::kRefused);
  EXPECT_NE(token.error().message.find("CKR_PIN_INCORRECT"), std::string::npos) << token.error().message;
  EXPECT_EQ(shim().logins, 1);
}

TEST_F(Pin, ALockedOneIsNamed) {
  shim().login_result = kPinLocked;
  auto token = Token::Open(config_);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().check, "hsm.pin_refused");
  EXPECT_NE(token.error().advice.find("Unlock"), std::string::npos) << token.error().advice;
  EXPECT_EQ(shim().logins, 1);
}

TEST_F(Pin, ARefusalBehindAGeneralErrorIsSeenByTheTokensFlags) {
  shim().login_result = kGeneralError;
  shim().pin_count_low = true;
  auto token = Token::Open(config_);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().check, "hsm.pin_refused");
  EXPECT_EQ(shim().logins, 1);
}

TEST_F(Pin, ARefusalDuringRecoveryIsLatchedUntilTheOperatorActs) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  int before = shim().logins;
  shim().login_result = kPinIncorrect;
  shim().logout_before_sign = true;
  EXPECT_EQ(Sign(), "hsm.pin_refused");
  EXPECT_EQ(key_->health().state, KeyState::kPinRefused);
  EXPECT_TRUE(token_->pin_refused());
  for (int i = 0; i < 5; i++) EXPECT_EQ(Sign(), "hsm.pin_refused");
  EXPECT_FALSE(key_->KeepAlive());
  EXPECT_EQ(shim().logins, before + 1);

  auto still_wrong = token_->RetryPin();
  ASSERT_FALSE(still_wrong);
  EXPECT_EQ(still_wrong.error().check, "hsm.pin_refused");
  EXPECT_EQ(Sign(), "hsm.pin_refused");
  EXPECT_EQ(shim().logins, before + 2);

  shim().login_result = 0;
  ASSERT_TRUE(token_->RetryPin());
  EXPECT_FALSE(token_->pin_refused());
  EXPECT_EQ(Sign(), "") << last_error_.message;
  EXPECT_EQ(key_->health().state, KeyState::kOk);
}

TEST_F(Pin, AChangeElsewhereIsNoticedAtTheNextLoginAndNotRepeated) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  ASSERT_EQ(Tool("--change-pin --new-pin 987654"), 0);
  EXPECT_EQ(Sign(), "") << "nothing is to be noticed yet";
  int before = shim().logins;
  shim().removed = true;
  EXPECT_EQ(Sign(), "hsm.down");
  shim().removed = false;
  int during = shim().logins;
  EXPECT_EQ(Sign(), "hsm.pin_refused");
  EXPECT_EQ(Sign(), "hsm.pin_refused");
  EXPECT_EQ(shim().logins, during + 1) << before;
  WritePin("987654\n");
  ASSERT_TRUE(token_->RetryPin());
  EXPECT_EQ(Sign(), "") << last_error_.message;
}

TEST_F(Pin, ManyThreadsPresentAWrongOneOnce) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  shim().removed = true;
  EXPECT_EQ(Sign(), "hsm.down");
  shim().removed = false;
  int before = shim().logins;
  shim().login_result = kPinIncorrect;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; i++) threads.emplace_back([this] { (void)key_->SignDigest(AnyDigest()); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(Sign(), "hsm.pin_refused");
  EXPECT_EQ(shim().logins, before + 1);
}

TEST_F(Pin, FileMustExistAndBePrivateAndNotEmpty) {
  auto fails = [this] {
    auto token = Token::Open(config_);
    EXPECT_FALSE(token);
    return token ? "" : token.error().check;
  };
  std::filesystem::permissions(config_.pin_file, std::filesystem::perms(0644));
  EXPECT_EQ(fails(), "file.mode");
  std::filesystem::permissions(config_.pin_file, std::filesystem::perms(0600));
  WritePin("\n");
  EXPECT_EQ(fails(), "hsm.config");
  std::filesystem::remove(config_.pin_file);
  EXPECT_EQ(fails(), "file.missing");
  config_.pin_file.clear();
  EXPECT_EQ(fails(), "hsm.config");
  EXPECT_EQ(shim().logins, 0);
}

TEST_F(Pin, FileMayBeNamedByTheUri) {
  config_.uri += "?pin-source=file:" + config_.pin_file.string();
  config_.pin_file.clear();
  EXPECT_TRUE(Token::Open(config_));
}

TEST_F(Pin, IsInNoErrorText) {
  WritePin("secretpin99");
  auto token = Token::Open(config_);
  ASSERT_FALSE(token);
  EXPECT_EQ((token.error().message + token.error().advice).find("secretpin99"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::hsm
