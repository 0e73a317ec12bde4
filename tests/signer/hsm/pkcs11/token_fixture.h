// A SoftHSM2 token behind the shim with one P-256 key, for tests that break something.
#pragma once

#include <gtest/gtest.h>

#include <fstream>

#include "protocol/crypto/random.h"
#include "signer/hsm/pkcs11/token.h"
#include "tests/testing/pkcs11_shim/shim.h"
#include "tests/testing/tokens.h"

namespace holdfast::hsm {

inline TokenConfig ConfigOf(const testing::TestToken& token) {
  TokenConfig config;
  config.module = token.module;
  config.module_env = token.module_env;
  config.uri = token.uri;
  config.pin_file = token.pin_file;
  config.sessions = 2;
  config.retry_after = std::chrono::milliseconds(0);  // a key that is down tries at every call
  return config;
}

class ShimmedToken : public ::testing::Test {
 protected:
  ShimmedToken() : soft_(testing::SoftToken::Create()), config_(ConfigOf(testing::BehindShim(soft_))) {}

  void Open() {
    auto token = Token::Open(config_);
    ASSERT_TRUE(token) << token.error().message;
    token_ = *token;
  }
  void MakeKey(KeyType type = KeyType::kEcP256) {
    auto key = token_->GenerateKey({type, 2048, "issuing", {1}});
    ASSERT_TRUE(key) << key.error().message;
    pinned_ = *key;
  }
  void OpenKey(std::string_view uri = {}) {
    auto key = token_->OpenKey(*pinned_, uri);
    ASSERT_TRUE(key) << key.error().message;
    key_ = *key;
  }
  void OpenWithKey() {
    ASSERT_NO_FATAL_FAILURE(Open());
    ASSERT_NO_FATAL_FAILURE(MakeKey());
    ASSERT_NO_FATAL_FAILURE(OpenKey());
  }
  static Bytes AnyDigest() { return RandomBytes(32); }
  // "" when it signs, else the check that failed.
  std::string Sign() {
    auto signature = key_->SignDigest(AnyDigest());
    if (signature) return "";
    last_error_ = signature.error();
    return signature.error().check;
  }
  static testing::ShimControl& shim() { return testing::Control(); }
  void WritePin(const std::string& pin) { std::ofstream(config_.pin_file) << pin; }

  // Another process with the same token: pkcs11-tool on the real module.
  int Tool(const std::string& arguments) {
    return std::system(("env " + soft_.module_env[0] + " pkcs11-tool --module " + soft_.module +
                        " --token-label holdfast --login --pin 1234 " + arguments + " > /dev/null 2>&1")
                           .c_str());
  }

  testing::SoftToken soft_;
  TokenConfig config_;
  std::shared_ptr<Token> token_;
  std::optional<PublicKey> pinned_;
  std::shared_ptr<TokenKey> key_;
  Error last_error_;
};

}  // namespace holdfast::hsm
