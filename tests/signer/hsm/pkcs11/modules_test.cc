// How modules differ (docs/decisions/0040): each peculiarity through the shim.
#include <thread>

#include "tests/signer/hsm/pkcs11/token_fixture.h"

namespace holdfast::hsm {
namespace {

using ModuleQuirk = ShimmedToken;

TEST_F(ModuleQuirk, OnlyEcdsaIsEnoughForAnEcKey) {
  config_.module_env.push_back("HOLDFAST_SHIM_MECHANISMS=0x1041");
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  EXPECT_EQ(Sign(), "");
}

TEST_F(ModuleQuirk, OnlyRsaPkcsIsEnoughForAnRsaKey) {
  config_.module_env.push_back("HOLDFAST_SHIM_MECHANISMS=0x1");
  ASSERT_NO_FATAL_FAILURE(Open());
  ASSERT_NO_FATAL_FAILURE(MakeKey(KeyType::kRsa));
  ASSERT_NO_FATAL_FAILURE(OpenKey());
  EXPECT_EQ(Sign(), "");
}

TEST_F(ModuleQuirk, AMissingMechanismIsNamed) {
  config_.module_env.push_back("HOLDFAST_SHIM_MECHANISMS=0x1");
  ASSERT_NO_FATAL_FAILURE(Open());
  auto key = token_->GenerateKey({KeyType::kEcP256, 0, "issuing", {1}});
  ASSERT_FALSE(key);
  EXPECT_NE(key.error().message.find("CKR_MECHANISM_INVALID"), std::string::npos) << key.error().message;
  EXPECT_TRUE(token_->GenerateKey({KeyType::kRsa, 2048, "issuing", {1}}))
      << "the failed one must not stay behind";
}

TEST_F(ModuleQuirk, AModuleWithoutLabelsIsSearchedById) {
  ASSERT_NO_FATAL_FAILURE(Open());
  ASSERT_NO_FATAL_FAILURE(MakeKey());
  shim().hide_labels = true;
  ASSERT_NO_FATAL_FAILURE(OpenKey("pkcs11:id=%01"));
  EXPECT_EQ(Sign(), "");
  ASSERT_NO_FATAL_FAILURE(OpenKey());
  EXPECT_EQ(Sign(), "");
}

TEST_F(ModuleQuirk, APrivateKeyWithoutPublicAttributesIsPairedById) {
  ASSERT_NO_FATAL_FAILURE(Open());
  ASSERT_NO_FATAL_FAILURE(MakeKey(KeyType::kRsa));
  shim().hide_public_attributes = true;
  auto other = token_->GenerateKey({KeyType::kRsa, 2048, "other", {2}});
  ASSERT_TRUE(other) << other.error().message;
  ASSERT_NO_FATAL_FAILURE(OpenKey());
  EXPECT_EQ(Sign(), "");
}

TEST_F(ModuleQuirk, ALonePrivateKeyIsProvenByASignature) {
  ASSERT_NO_FATAL_FAILURE(Open());
  ASSERT_NO_FATAL_FAILURE(MakeKey());
  shim().hide_public_keys = true;
  ASSERT_NO_FATAL_FAILURE(OpenKey());
  EXPECT_EQ(Sign(), "");
}

TEST_F(ModuleQuirk, ALonePrivateKeyThatIsAnotherIsRefusedByItsSignature) {
  ASSERT_NO_FATAL_FAILURE(Open());
  auto foreign = token_->GenerateKey({KeyType::kEcP256, 0, "foreign", {2}});
  ASSERT_TRUE(foreign);
  ASSERT_EQ(Tool("--delete-object --type privkey --id 02"), 0);
  ASSERT_NO_FATAL_FAILURE(MakeKey());
  shim().hide_public_keys = true;
  auto key = token_->OpenKey(*foreign);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().check, "hsm.signature") << key.error().message;
}

TEST_F(ModuleQuirk, AmongSeveralSilentKeysTheUriDecides) {
  ASSERT_NO_FATAL_FAILURE(Open());
  ASSERT_NO_FATAL_FAILURE(MakeKey());
  ASSERT_TRUE(token_->GenerateKey({KeyType::kEcP256, 0, "other", {2}}));
  shim().hide_public_keys = true;
  auto key = token_->OpenKey(*pinned_);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().check, "hsm.key");
  ASSERT_NO_FATAL_FAILURE(OpenKey("pkcs11:id=%01"));
  EXPECT_EQ(Sign(), "");
}

TEST_F(ModuleQuirk, ABareEcPointIsRead) {
  ASSERT_NO_FATAL_FAILURE(Open());
  shim().bare_ec_points = true;
  ASSERT_NO_FATAL_FAILURE(MakeKey());
  ASSERT_NO_FATAL_FAILURE(OpenKey());
  EXPECT_EQ(Sign(), "");
}

TEST_F(ModuleQuirk, AKeyThatWantsAPinForEachSignatureIsRefused) {
  ASSERT_NO_FATAL_FAILURE(Open());
  ASSERT_NO_FATAL_FAILURE(MakeKey());
  shim().always_authenticate = true;
  auto key = token_->OpenKey(*pinned_);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().check, "hsm.key_policy");
}

TEST_F(ModuleQuirk, AKeyIsMadeWhereUsageAttributesAreUnknown) {
  ASSERT_NO_FATAL_FAILURE(Open());
  shim().refuse_usage_attributes = true;
  ASSERT_NO_FATAL_FAILURE(MakeKey());
  ASSERT_NO_FATAL_FAILURE(OpenKey());
  EXPECT_EQ(Sign(), "");
}

TEST_F(ModuleQuirk, LockingByTheOperatingSystemIsAskedFor) {
  ASSERT_NO_FATAL_FAILURE(Open());
  EXPECT_TRUE(shim().os_locking);
}

TEST_F(ModuleQuirk, SessionsStayWithinTheConfiguredNumber) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; i++)
    threads.emplace_back([this] {
      for (int n = 0; n < 20; n++) EXPECT_TRUE(key_->SignDigest(AnyDigest()));
    });
  for (auto& thread : threads) thread.join();
  EXPECT_LE(shim().most_sessions, config_.sessions + 2)
      << "workers, the anchor, and the one that made the key";
}

TEST_F(ModuleQuirk, ATokenWithFewerSessionsThanConfiguredServesAll) {
  config_.sessions = 6;
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  shim().session_limit = 3;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; i++)
    threads.emplace_back([this] {
      for (int n = 0; n < 10; n++) {
        auto signature = key_->SignDigest(AnyDigest());
        EXPECT_TRUE(signature) << signature.error().message;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(shim().finalized, 0);
}

TEST_F(ModuleQuirk, WhoFindsNoFreeSessionInTimeIsToldSo) {
  config_.sessions = 1;
  config_.session_wait = std::chrono::milliseconds(1);
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  shim().hold_signatures = true;
  std::string held = "not signed";
  std::thread slow([&] {
    auto signature = key_->SignDigest(AnyDigest());
    held = signature ? "" : signature.error().check;
  });
  while (shim().signing == 0) std::this_thread::yield();
  EXPECT_EQ(Sign(), "hsm.busy");
  EXPECT_EQ(last_error_.kind, ErrorKind::kUnavailable);
  EXPECT_EQ(key_->health().state, KeyState::kOk) << "slow is not down";
  shim().hold_signatures = false;
  slow.join();
  EXPECT_EQ(held, "");
  EXPECT_EQ(Sign(), "");
}

TEST_F(ModuleQuirk, AKeepAliveIsOneSignatureHoweverManySessionsAreIdle) {
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  shim().hold_signatures = true;
  std::thread one([this] { EXPECT_TRUE(key_->SignDigest(AnyDigest())); });
  std::thread two([this] { EXPECT_TRUE(key_->SignDigest(AnyDigest())); });
  while (shim().signing < 2) std::this_thread::yield();
  shim().hold_signatures = false;
  one.join();
  two.join();
  int before = shim().signed_;
  EXPECT_TRUE(key_->KeepAlive());
  EXPECT_EQ(shim().signed_, before + 1);
}

TEST_F(ModuleQuirk, ATokenThatHangsIsDownAndTakesNobodyElseIn) {
  config_.patience = std::chrono::milliseconds(50);
  ASSERT_NO_FATAL_FAILURE(OpenWithKey());
  shim().hold_signatures = true;
  std::string held = "not signed";
  std::thread waiting([&] {
    auto signature = key_->SignDigest(AnyDigest());
    held = signature ? "" : signature.error().check;
  });
  while (!key_->health().hangs) std::this_thread::yield();
  EXPECT_EQ(key_->health().state, KeyState::kDown);
  const int before = shim().signed_;
  EXPECT_EQ(Sign(), "hsm.down");
  EXPECT_FALSE(last_error_.advice.empty());
  EXPECT_EQ(shim().signed_, before);
  shim().hold_signatures = false;
  waiting.join();
  EXPECT_EQ(held, "") << "a late answer is an answer";
  EXPECT_FALSE(key_->health().hangs);
  EXPECT_EQ(Sign(), "") << last_error_.message;
}

}  // namespace
}  // namespace holdfast::hsm
