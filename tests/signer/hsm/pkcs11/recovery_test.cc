// What happens to a token while the signer runs, row by row, and how a key comes back without a restart.
#include <thread>

#include "tests/signer/hsm/pkcs11/token_fixture.h"

namespace holdfast::hsm {
namespace {

namespace fs = std::filesystem;
using Recovery = ShimmedToken;

TEST_F(Recovery, AfterAllSessionsWereClosed) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  shim().close_all_before_sign = true;
  EXPECT_EQ(Sign(), "") << last_error_.message;
  EXPECT_EQ(shim().finalized, 0) << "a new session and a login are enough";
  EXPECT_EQ(Sign(), "");
}

TEST_F(Recovery, AfterALogout) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  shim().logout_before_sign = true;
  EXPECT_EQ(Sign(), "") << last_error_.message;
  EXPECT_EQ(shim().finalized, 0);
}

TEST_F(Recovery, AfterOneFailedSignatureWithoutMoreThanANewSession) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  int logins = shim().logins;
  shim().fail_sign_in = 1;
  EXPECT_EQ(Sign(), "") << last_error_.message;
  for (int i = 0; i < 8; i++) EXPECT_EQ(Sign(), "") << "no session may be left with an active operation";
  EXPECT_EQ(shim().logins, logins);
  EXPECT_EQ(shim().finalized, 0);
}

TEST_F(Recovery, AfterTheDeviceWasRemovedAndCameBack) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  shim().removed = true;
  EXPECT_EQ(Sign(), "hsm.down");
  EXPECT_EQ(last_error_.kind, ErrorKind::kUnavailable);
  EXPECT_EQ(key_->health().state, KeyState::kDown);
  EXPECT_NE(key_->health().detail, "");
  shim().removed = false;
  EXPECT_EQ(Sign(), "") << last_error_.message;
  EXPECT_EQ(key_->health().state, KeyState::kOk);
}

TEST_F(Recovery, AfterAShortAbsenceThatNobodySaw) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  shim().removed = true;
  (void)key_->SignDigest(AnyDigest());
  shim().removed = false;  // the module stays dead until it is finalised
  EXPECT_EQ(Sign(), "") << last_error_.message;
}

TEST_F(Recovery, OfTwoKeysWhenOneOfThemReinitialisesTheModule) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  auto second = token_->GenerateKey({KeyType::kEcP384, 0, "messages", {2}});
  ASSERT_TRUE(second) << second.error().message;
  auto other = token_->OpenKey(*second);
  ASSERT_TRUE(other) << other.error().message;
  shim().removed = true;
  EXPECT_EQ(Sign(), "hsm.down");
  shim().removed = false;
  EXPECT_EQ(Sign(), "");
  EXPECT_TRUE((*other)->SignDigest(RandomBytes(48)));
}

// C_CloseAllSessions and C_Logout are left out: SoftHSM2 itself crashes when other threads sign meanwhile.
TEST_F(Recovery, WhileEightThreadsSign) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  std::atomic<bool> stop{false};
  std::atomic<int> good{0}, odd{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; i++) {
    threads.emplace_back([&] {
      while (!stop) {
        auto signature = key_->SignDigest(AnyDigest());
        if (signature) good++;
        if (!signature && signature.error().check != "hsm.down") odd++;
      }
    });
  }
  auto wait_for_good = [&](int more) {
    for (int until = good + more; good < until;) std::this_thread::yield();
  };
  for (int round = 0; round < 3; round++) {
    wait_for_good(20);
    shim().fail_sign_in = 3;
    wait_for_good(20);
    shim().removed = true;
    while (key_->health().state != KeyState::kDown) std::this_thread::yield();
    shim().removed = false;
  }
  wait_for_good(20);
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(odd, 0);
}

TEST_F(Recovery, AfterTheTokenDirectoryVanishedAndCameBack) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  fs::path away = soft_.scratch.path() / "away";
  fs::rename(soft_.token_directory(), away);
  EXPECT_EQ(Sign(), "hsm.module") << "SoftHSM2 does not initialise without it";
  EXPECT_EQ(last_error_.kind, ErrorKind::kUnavailable) << last_error_.message;
  EXPECT_EQ(key_->health().state, KeyState::kDown);
  fs::rename(away, soft_.token_directory());
  EXPECT_EQ(Sign(), "") << last_error_.message;
}

TEST_F(Recovery, ADownKeyAnswersAtOnceUntilItIsTimeToTry) {
  config_.retry_after = std::chrono::hours(1);
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  shim().removed = true;
  EXPECT_EQ(Sign(), "hsm.down");
  int opened = shim().opened, initialized = shim().initialized;
  shim().removed = false;
  EXPECT_EQ(Sign(), "hsm.down");
  EXPECT_EQ(shim().opened, opened);
  EXPECT_EQ(shim().initialized, initialized);
}

TEST_F(Recovery, AKeepAliveBringsADownKeyBack) {
  config_.retry_after = std::chrono::hours(1);
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  shim().removed = true;
  EXPECT_FALSE(key_->KeepAlive());
  EXPECT_EQ(key_->health().state, KeyState::kDown);
  shim().removed = false;
  EXPECT_TRUE(key_->KeepAlive());
  EXPECT_EQ(Sign(), "") << last_error_.message;
}

TEST_F(Recovery, NeverTakesAnotherKeyUnderTheSameLabelAndId) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  ASSERT_EQ(Tool("--delete-object --type privkey --id 01"), 0);
  ASSERT_EQ(Tool("--delete-object --type pubkey --id 01"), 0);
  ASSERT_EQ(Tool("--keypairgen --key-type EC:prime256v1 --label issuing --id 01 --usage-sign"), 0);
  EXPECT_EQ(Sign(), "hsm.key") << last_error_.message;
  EXPECT_NE(last_error_.message.find(HexEncode(pinned_->SpkiSha256())), std::string::npos)
      << last_error_.message;
}

TEST_F(Recovery, SaysThatADestroyedKeyIsGone) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  ASSERT_EQ(Tool("--delete-object --type privkey --id 01"), 0);
  EXPECT_EQ(Sign(), "hsm.key") << last_error_.message;
}

TEST_F(Recovery, RefusesAReinitialisedTokenWithTheSameLabel) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  fs::remove_all(soft_.token_directory());
  auto again = testing::SoftToken::Create(soft_.scratch.path());
  ASSERT_EQ(Tool("--keypairgen --key-type EC:prime256v1 --label issuing --id 01 --usage-sign"), 0);
  EXPECT_EQ(Sign(), "hsm.token_changed") << last_error_.message;
}

TEST_F(Recovery, DiscardsAWrongSignature) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  shim().flip_signature = true;
  EXPECT_EQ(Sign(), "hsm.signature");
  EXPECT_EQ(last_error_.kind, ErrorKind::kRefused);
  EXPECT_EQ(key_->health().state, KeyState::kDown);
  EXPECT_EQ(Sign(), "hsm.signature") << "the key must be proven again before it signs";
  shim().flip_signature = false;
  EXPECT_EQ(Sign(), "") << last_error_.message;
}

TEST_F(Recovery, AReportedBadSignatureTakesTheKeyDown) {
  config_.retry_after = std::chrono::hours(1);
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  ASSERT_TRUE(key_->SignDigestUnverified(AnyDigest()));
  key_->ReportBadSignature();
  EXPECT_EQ(Sign(), "hsm.signature");
  EXPECT_EQ(key_->health().state, KeyState::kDown);
}

TEST_F(Recovery, ErrorsNameModuleTokenKeyAndReturnValue) {
  ASSERT_NO_FATAL_FAILURE(Open());
  ASSERT_NO_FATAL_FAILURE(MakeKey());
  ASSERT_NO_FATAL_FAILURE(OpenKey("pkcs11:object=issuing"));
  shim().removed = true;
  ASSERT_EQ(Sign(), "hsm.down");
  for (const char* part : {"pkcs11_shim.so", "'holdfast'", "object=issuing", "CKR_DEVICE_ERROR"})
    EXPECT_NE(last_error_.message.find(part), std::string::npos) << last_error_.message;
  EXPECT_NE(last_error_.advice, "");
}

}  // namespace
}  // namespace holdfast::hsm
