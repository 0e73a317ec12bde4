// What a key in a token does, whatever the module. One suite for SoftHSM2 (EC and RSA keys made by us, a
// token made by us) and for tpm2-pkcs11 (keys made by tpm2_ptool).
#include <gtest/gtest.h>

#include <thread>

#include "protocol/crypto/random.h"
#include "signer/hsm/pkcs11/token.h"
#include "tests/testing/tokens.h"

namespace holdfast::hsm {
namespace {

using testing::SoftToken;
using testing::TestToken;
using testing::TpmToken;

struct Fixture {
  virtual ~Fixture() = default;
  TokenConfig config;
  std::string key_uri;  // once the token has the key
  std::optional<KeySpec> spec;
};

TokenConfig ConfigOf(const TestToken& token) {
  TokenConfig config;
  config.module = token.module;
  config.module_env = token.module_env;
  config.uri = token.uri;
  config.pin_file = token.pin_file;
  config.sessions = 4;
  config.retry_after = std::chrono::milliseconds(0);
  return config;
}

struct SoftFixture : Fixture {
  explicit SoftFixture(KeyType type) : token(SoftToken::Create()) {
    config = ConfigOf(token);
    key_uri = "pkcs11:object=issuing;id=%01";
    spec = KeySpec{type, 3072, "issuing", {1}};
  }
  SoftToken token;
};

struct TpmFixture : Fixture {
  TpmFixture(TpmToken started, std::string object) : token(std::move(started)) {
    config = ConfigOf(token);
    key_uri = "pkcs11:object=" + object;
  }
  TpmToken token;
};

struct Case {
  const char* name;
  std::unique_ptr<Fixture> (*make)(std::string* why_not);
};
void PrintTo(const Case& value, std::ostream* out) {
  *out << value.name;
}

std::unique_ptr<Fixture> OnTpm(const char* object, std::string* why_not) {
  auto token = TpmToken::Start(why_not);
  return token ? std::make_unique<TpmFixture>(std::move(*token), object) : nullptr;
}

const Case kCases[] = {
    {"SoftHsmP256",
     [](std::string*) -> std::unique_ptr<Fixture> {
       return std::make_unique<SoftFixture>(KeyType::kEcP256);
     }},
    {"SoftHsmP384",
     [](std::string*) -> std::unique_ptr<Fixture> {
       return std::make_unique<SoftFixture>(KeyType::kEcP384);
     }},
    {"SoftHsmRsa3072",
     [](std::string*) -> std::unique_ptr<Fixture> { return std::make_unique<SoftFixture>(KeyType::kRsa); }},
    {"TpmP256", [](std::string* why_not) { return OnTpm("ec-p256", why_not); }},
    {"TpmRsa2048", [](std::string* why_not) { return OnTpm("rsa-2048", why_not); }},
};

class TokenContract : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    std::string why_not;
    fixture_ = GetParam().make(&why_not);
    if (fixture_ == nullptr) GTEST_SKIP() << why_not;
    fixture_->config.session_wait =
        std::chrono::minutes(2);  // under sanitizers a TPM's signature takes seconds
    auto token = Token::Open(fixture_->config);
    ASSERT_TRUE(token) << token.error().message;
    token_ = *token;
    auto key =
        fixture_->spec ? token_->GenerateKey(*fixture_->spec) : token_->ReadPublicKey(fixture_->key_uri);
    ASSERT_TRUE(key) << key.error().message;
    pinned_ = *key;
  }

  std::shared_ptr<TokenKey> OpenKey() {
    auto key = token_->OpenKey(*pinned_);
    EXPECT_TRUE(key) << key.error().message;
    return *key;
  }
  SignatureAlgorithm algorithm() const { return AlgorithmFor(pinned_->type()); }
  Bytes RandomDigest() const { return RandomBytes(DigestSize(HashFor(algorithm()))); }

  std::unique_ptr<Fixture> fixture_;
  std::shared_ptr<Token> token_;
  std::optional<PublicKey> pinned_;
};

TEST_P(TokenContract, SignsADigest) {
  auto key = OpenKey();
  Bytes digest = RandomDigest();
  auto signature = key->SignDigest(digest);
  ASSERT_TRUE(signature) << signature.error().message;
  EXPECT_TRUE(pinned_->VerifyDigest(algorithm(), digest, *signature, EcdsaForm::kRaw));
}

TEST_P(TokenContract, SignsUnverifiedTheSameWay) {
  auto key = OpenKey();
  Bytes digest = RandomDigest();
  auto signature = key->SignDigestUnverified(digest);
  ASSERT_TRUE(signature) << signature.error().message;
  EXPECT_TRUE(pinned_->VerifyDigest(algorithm(), digest, *signature, EcdsaForm::kRaw));
}

TEST_P(TokenContract, RefusesADigestOfAnotherLength) {
  auto key = OpenKey();
  for (size_t size : {0, 1, 20, 31, 33, 47, 49, 64}) {
    auto signature = key->SignDigest(RandomBytes(size));
    ASSERT_FALSE(signature) << size;
    EXPECT_EQ(signature.error().check, "hsm.digest");
  }
  EXPECT_TRUE(key->SignDigest(RandomDigest()));
}

TEST_P(TokenContract, FindsTheKeyByEveryUriThatNamesIt) {
  const std::string in_token = ";token=" + token_->info().label;
  std::vector<std::string> uris{"", fixture_->key_uri, fixture_->key_uri + ";type=private",
                                fixture_->key_uri + in_token, "pkcs11:" + in_token.substr(1)};
  if (fixture_->spec) uris.insert(uris.end(), {"pkcs11:object=issuing", "pkcs11:id=%01"});
  for (const std::string& uri : uris) {
    auto key = token_->OpenKey(*pinned_, uri);
    ASSERT_TRUE(key) << uri << ": " << key.error().message;
    EXPECT_TRUE((*key)->SignDigest(RandomDigest())) << uri;
  }
}

TEST_P(TokenContract, FindsNoKeyByAUriThatNamesAnother) {
  for (const std::string uri : {"pkcs11:object=another", "pkcs11:id=%7f%7f"}) {
    auto key = token_->OpenKey(*pinned_, uri);
    ASSERT_FALSE(key) << uri;
    EXPECT_EQ(key.error().check, "hsm.key") << uri;
  }
  auto elsewhere = token_->OpenKey(*pinned_, fixture_->key_uri + ";token=another");
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().check, "hsm.uri");
}

TEST_P(TokenContract, ReadsThePublicKeyOfAnExistingKey) {
  auto key = token_->ReadPublicKey(fixture_->key_uri);
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(key->spki(), pinned_->spki());
}

TEST_P(TokenContract, RefusesAnotherPublicKeyThanThePinnedOne) {
  auto x = HexDecode("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
  auto y = HexDecode("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
  auto generator = PublicKey::FromEcPoint(KeyType::kEcP256, *x, *y);
  ASSERT_TRUE(generator);
  auto key = token_->OpenKey(*generator);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().check, "hsm.key");
  EXPECT_NE(key.error().message.find(HexEncode(generator->SpkiSha256())), std::string::npos)
      << key.error().message;
}

TEST_P(TokenContract, EightThreadsShareAKeyAndFourSessions) {
  auto key = OpenKey();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; i++) {
    threads.emplace_back([&] {
      for (int n = 0; n < 8; n++) {
        if (key->SignDigest(RandomDigest())) good++;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 64);
}

TEST_P(TokenContract, IsHealthyAfterAKeepAlive) {
  auto key = OpenKey();
  ASSERT_TRUE(key->KeepAlive());
  EXPECT_EQ(key->health().state, KeyState::kOk);
  ASSERT_TRUE(key->health().last_good_age);
  EXPECT_EQ(key->health().detail, "");
}

INSTANTIATE_TEST_SUITE_P(Modules, TokenContract, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace holdfast::hsm
