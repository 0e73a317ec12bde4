// Opening and making tokens and keys: what is right and what is said when it is not.
#include "tests/signer/hsm/pkcs11/token_fixture.h"

#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "signer/hsm/pkcs11/connection.h"

namespace holdfast::hsm {
namespace {

using testing::SoftToken;

std::string OpenError(const TokenConfig& config) {
  auto token = Token::Open(config);
  return token ? "" : token.error().check;
}

TEST(TokenOpen, NamesTheTokensThatThereAre) {
  auto soft = SoftToken::Create();
  auto config = ConfigOf(soft);
  config.uri = "pkcs11:token=other";
  auto token = Token::Open(config);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().check, "hsm.token");
  EXPECT_EQ(token.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(token.error().message.find("'holdfast'"), std::string::npos) << token.error().message;
}

TEST(TokenOpen, RefusesAUriThatSeveralTokensMatch) {
  auto soft = SoftToken::Create();
  SoftToken::Create(soft.scratch.path());
  EXPECT_EQ(OpenError(ConfigOf(soft)), "hsm.token");
}

TEST(TokenOpen, TakesOneOfTwoTokensBySerialNumber) {
  auto soft = SoftToken::Create({}, "first");
  auto first = Token::Open(ConfigOf(soft));
  ASSERT_TRUE(first);
  std::string serial = (*first)->info().serial;
  first->reset();
  SoftToken::Create(soft.scratch.path(), "first");
  auto config = ConfigOf(soft);
  EXPECT_EQ(OpenError(config), "hsm.token");
  config.uri = "pkcs11:token=first;serial=" + serial;
  EXPECT_EQ(OpenError(config), "");
}

TEST(TokenOpen, RefusesAModuleThatCannotBeLoaded) {
  auto soft = SoftToken::Create();
  auto config = ConfigOf(soft);
  config.module = "/nonexistent/module.so";
  EXPECT_EQ(OpenError(config), "hsm.module");
  config.module = "no-such-configured-module";
  EXPECT_EQ(OpenError(config), "hsm.module");
  config.module = soft.pin_file.string();  // no shared library
  EXPECT_EQ(OpenError(config), "hsm.module");
}

TEST(TokenOpen, WantsExactlyOneModule) {
  auto soft = SoftToken::Create();
  auto config = ConfigOf(soft);
  config.uri += "?module-path=/other/module.so";
  EXPECT_EQ(OpenError(config), "hsm.config");
  config = ConfigOf(soft);
  config.module.clear();
  EXPECT_EQ(OpenError(config), "hsm.config");
  config.uri += "?module-path=" + soft.module;
  EXPECT_EQ(OpenError(config), "");
}

TEST(TokenOpen, LoadsAModuleThatP11KitIsConfiguredWith) {
  if (!std::filesystem::exists("/usr/share/p11-kit/modules/softhsm2.module"))
    GTEST_SKIP() << "not configured";
  auto soft = SoftToken::Create();
  auto config = ConfigOf(soft);
  config.module = "softhsm2";
  auto token = Token::Open(config);
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ((*token)->info().label, "holdfast");
}

TEST(TokenOpen, RefusesAnAssignmentThatIsNone) {
  auto soft = SoftToken::Create();
  auto config = ConfigOf(soft);
  config.module_env.push_back("SOFTHSM2_CONF");
  EXPECT_EQ(OpenError(config), "hsm.config");
}

TEST(TokenOpen, TwiceSharesTheModule) {
  auto soft = SoftToken::Create();
  SoftToken::Create(soft.scratch.path(), "root");
  auto root_config = ConfigOf(soft);
  root_config.uri = "pkcs11:token=root";
  auto root = Token::Open(root_config);
  auto issuing = Token::Open(ConfigOf(soft));
  ASSERT_TRUE(root && issuing);
  auto root_key = (*root)->GenerateKey({KeyType::kEcP384, 0, "key", {1}});
  auto issuing_key = (*issuing)->GenerateKey({KeyType::kEcP256, 0, "key", {1}});
  ASSERT_TRUE(root_key && issuing_key);
  EXPECT_TRUE((*root)->OpenKey(*root_key));
  EXPECT_TRUE((*issuing)->OpenKey(*issuing_key));
  EXPECT_FALSE((*root)->OpenKey(*issuing_key));
  root->reset();
  EXPECT_TRUE((*issuing)->OpenKey(*issuing_key));
}

TEST(TokenOpen, RefusesAnotherEnvironmentForAModuleThatIsLoaded) {
  auto soft = SoftToken::Create(), other = SoftToken::Create();
  auto token = Token::Open(ConfigOf(soft));
  ASSERT_TRUE(token);
  auto refused = Token::Open(ConfigOf(other));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "hsm.config");
  EXPECT_NE(refused.error().message.find("SOFTHSM2_CONF"), std::string::npos) << refused.error().message;
}

TEST(TokenOpen, RetriesWhatIsNotThePinAndGivesUp) {
  auto soft = SoftToken::Create();
  testing::Control().login_result = 0x05;  // CKR_GENERAL_ERROR, as SoftHSM says while another process logs in
  EXPECT_EQ(OpenError(ConfigOf(testing::BehindShim(soft))), "hsm.down");
  EXPECT_GT(testing::Control().logins, 1);
  EXPECT_GT(testing::Control().finalized, 0);
}

// SoftHSM rewrites the token at each login: of processes that start at the same moment every third sees none.
TEST(TokenOpen, OfManyProcessesAtOnce) {
  auto soft = SoftToken::Create();
  std::string tool = "env " + soft.module_env[0] + " pkcs11-tool --module " + soft.module +
                     " --token-label holdfast --login --pin 1234 ";
  Path spki = soft.scratch.path() / "spki";
  ASSERT_EQ(std::system((tool + "--keypairgen --key-type EC:prime256v1 --id 01 > /dev/null 2>&1").c_str()),
            0);
  ASSERT_EQ(
      std::system((tool + "--read-object --type pubkey --id 01 2> /dev/null > " + spki.string()).c_str()), 0);
  auto pinned = PublicKey::FromSpki(*ReadFile(spki, 1000));
  ASSERT_TRUE(pinned);
  std::vector<pid_t> children;
  for (int i = 0; i < 24; i++) {
    pid_t child = fork();  // no module is loaded yet
    if (child == 0) {
      auto token = Token::Open(ConfigOf(soft));
      auto key = token ? (*token)->OpenKey(*pinned) : tl::unexpected(token.error());
      if (!key) fprintf(stderr, "%s\n", key.error().message.c_str());
      _exit(key ? 0 : 1);
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
}

TEST(TokenOpenKey, RefusesAUriOfAnotherToken) {
  auto soft = SoftToken::Create();
  auto token = Token::Open(ConfigOf(soft));
  ASSERT_TRUE(token);
  auto pinned = (*token)->GenerateKey({KeyType::kEcP256, 0, "key", {1}});
  ASSERT_TRUE(pinned);
  EXPECT_TRUE((*token)->OpenKey(*pinned, "pkcs11:token=holdfast;object=key"));
  auto other = (*token)->OpenKey(*pinned, "pkcs11:token=other;object=key");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().check, "hsm.uri");
}

TEST(TokenOpenKey, RefusesTwoCopiesUnlessTheUriNamesOne) {
  auto soft = SoftToken::Create();
  auto token = Token::Open(ConfigOf(soft));
  ASSERT_TRUE(token);
  auto pinned = (*token)->GenerateKey({KeyType::kEcP256, 0, "key", {1}});
  ASSERT_TRUE(pinned);
  auto connection = Connection::Create(ConfigOf(soft));
  ASSERT_TRUE(connection && (*connection)->Attach());
  {
    auto use = (*connection)->Enter();
    auto session = (*connection)->OpenForWriting(*use);
    ASSERT_TRUE(session);
    SessionUse at{*use, session->handle()};
    auto found = FindObjects(at, Template().Add(CKA_CLASS, CK_ULONG{CKO_PRIVATE_KEY}));
    ASSERT_TRUE(found && found->size() == 1);
    Template changes;
    auto attributes = changes.Add(CKA_LABEL, AsBytes("copy")).Attributes();
    CK_OBJECT_HANDLE copy = 0;
    ASSERT_EQ((*use)->C_CopyObject(at.session, found->front(), attributes.data(), attributes.size(), &copy),
              static_cast<CK_RV>(CKR_OK));
  }
  auto key = (*token)->OpenKey(*pinned);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().check, "hsm.key");
  EXPECT_NE(key.error().message.find("several"), std::string::npos) << key.error().message;
  EXPECT_TRUE((*token)->OpenKey(*pinned, "pkcs11:object=copy"));
}

NewToken Embedded(std::string label) {
  return {std::move(label), Secret::CopyOf(AsBytes("5678")), Secret::CopyOf(AsBytes("1234"))};
}

TEST(TokenInitialize, MakesATokenThatCanBeUsed) {
  auto soft = testing::MakeEmptySoftHsm({}, "embedded");
  auto config = ConfigOf(soft);
  auto made = Token::Initialize(config, Embedded("embedded"));
  ASSERT_TRUE(made) << made.error().message;
  auto token = Token::Open(config);
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ((*token)->info().label, "embedded");
  EXPECT_TRUE((*token)->GenerateKey({KeyType::kEcP256, 0, "key", {1}}));
}

TEST(TokenInitialize, LeavesATokenOfThatNameAlone) {
  auto soft = SoftToken::Create();
  auto made = Token::Initialize(ConfigOf(soft), Embedded("holdfast"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().check, "hsm.token_exists");
  EXPECT_EQ(made.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(OpenError(ConfigOf(soft)), "");
}

TEST(TokenInitialize, RefusesALabelThatDoesNotFit) {
  auto soft = testing::MakeEmptySoftHsm();
  for (std::string label : {std::string(), std::string(33, 'x')}) {
    auto made = Token::Initialize(ConfigOf(soft), Embedded(label));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().check, "hsm.config");
  }
}

class KeyGenerationOf : public ::testing::TestWithParam<KeyType> {};

TEST_P(KeyGenerationOf, MakesAPrivateKeyThatSignsAndNothingElse) {
  auto soft = SoftToken::Create();
  auto token = Token::Open(ConfigOf(soft));
  ASSERT_TRUE(token);
  ASSERT_TRUE((*token)->GenerateKey({GetParam(), 2048, "key", {1}}));
  auto connection = Connection::Create(ConfigOf(soft));
  ASSERT_TRUE(connection && (*connection)->Attach());
  auto lease = (*connection)->Borrow();
  ASSERT_TRUE(lease);
  auto found = FindObjects(lease->at(), Template().Add(CKA_CLASS, CK_ULONG{CKO_PRIVATE_KEY}));
  ASSERT_TRUE(found && found->size() == 1);
  for (CK_ATTRIBUTE_TYPE yes : {CKA_TOKEN, CKA_PRIVATE, CKA_SENSITIVE, CKA_SIGN, CKA_NEVER_EXTRACTABLE})
    EXPECT_TRUE(ReadBool(lease->at(), found->front(), yes)) << yes;
  for (CK_ATTRIBUTE_TYPE no : {CKA_EXTRACTABLE, CKA_DECRYPT, CKA_UNWRAP, CKA_DERIVE})
    EXPECT_FALSE(ReadBool(lease->at(), found->front(), no)) << no;
}

INSTANTIATE_TEST_SUITE_P(Types, KeyGenerationOf,
                         ::testing::Values(KeyType::kEcP256, KeyType::kEcP384, KeyType::kRsa),
                         [](const auto& info) {
                           return std::string(info.param == KeyType::kRsa      ? "Rsa"
                                              : info.param == KeyType::kEcP384 ? "P384"
                                                                               : "P256");
                         });

TEST(KeyGeneration, RefusesALabelOrAnIdInUse) {
  auto soft = SoftToken::Create();
  auto token = Token::Open(ConfigOf(soft));
  ASSERT_TRUE(token);
  ASSERT_TRUE((*token)->GenerateKey({KeyType::kEcP256, 0, "key", {1}}));
  for (const KeySpec& spec :
       {KeySpec{KeyType::kEcP256, 0, "key", {2}}, KeySpec{KeyType::kEcP256, 0, "other", {1}}}) {
    auto again = (*token)->GenerateKey(spec);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().check, "hsm.key_exists");
  }
}

TEST(KeyGeneration, RefusesKeysThatWeDoNotUse) {
  auto soft = SoftToken::Create();
  auto token = Token::Open(ConfigOf(soft));
  ASSERT_TRUE(token);
  for (const KeySpec& spec :
       {KeySpec{KeyType::kEd25519, 0, "key", {1}}, KeySpec{KeyType::kRsa, 1024, "key", {1}},
        KeySpec{KeyType::kEcP256, 0, "", {1}}, KeySpec{KeyType::kEcP256, 0, "key", {}}}) {
    auto key = (*token)->GenerateKey(spec);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().check, "hsm.generate");
  }
}

TEST(KeyGeneration, OfManyThreadsIsOneAtATime) {
  auto soft = SoftToken::Create();
  auto token = Token::Open(ConfigOf(soft));
  ASSERT_TRUE(token);
  std::vector<std::thread> threads;
  std::atomic<int> made{0};
  for (uint8_t i = 1; i <= 8; i++) {
    threads.emplace_back([&, i] {
      auto key = (*token)->GenerateKey({KeyType::kEcP256, 0, "key" + std::to_string(i), {i}});
      EXPECT_TRUE(key) << key.error().message;
      if (key) made++;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(made, 8);
}

}  // namespace
}  // namespace holdfast::hsm
