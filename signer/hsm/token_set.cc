#include "signer/hsm/token_set.h"

#include <algorithm>
#include <thread>

#include "signer/hsm/pkcs11/module_environment.h"

namespace holdfast::hsm {
namespace {

bool IsSame(const TokenConfig& a, const TokenConfig& b) {
  return a.module == b.module && a.uri == b.uri;
}

Status CheckPair(const std::string& name, const TokenConfig& one, const std::string& other_name,
                 const TokenConfig& other) {
  if (auto conflict = EnvironmentConflict(one.module_env, other.module_env, one.module == other.module))
    return Fail(ErrorKind::kUsage, "hsm.config",
                "tokens " + name + " and " + other_name + " cannot be used by one process: " + *conflict,
                "Give all tokens of a module the same module_env, and a variable one value");
  if (IsSame(one, other) && one.pin_file != other.pin_file)
    return Fail(ErrorKind::kUsage, "config.token",
                name + " and " + other_name + " are one token with different PIN files",
                "Name the token once, or give both the same pin_file");
  return {};
}

}  // namespace

Status TokenSet::CheckTogether() const {
  for (auto one = configs_.begin(); one != configs_.end(); ++one)
    for (auto other = std::next(one); other != configs_.end(); ++other)
      HOLDFAST_CHECK(CheckPair(one->first, one->second, other->first, other->second));
  return {};
}

Result<std::shared_ptr<Token>> TokenSet::Open(const std::string& name) {
  if (auto known = open_.find(name); known != open_.end()) return known->second;
  const auto config = configs_.find(name);
  if (config == configs_.end())
    return Fail(ErrorKind::kUsage, "config.token", "there is no token named " + name);
  // Two names for one token share it.
  for (const auto& [other, token] : open_) {
    HOLDFAST_CHECK(CheckPair(name, config->second, other, configs_[other]));
    if (IsSame(configs_[other], config->second)) return open_[name] = token;
  }
  auto token = Token::Open(config->second);
  if (!token) {
    token.error().message = "token " + name + ": " + token.error().message;
    return token;
  }
  return open_[name] = std::move(*token);
}

Result<std::shared_ptr<TokenKey>> TokenSet::OpenKey(const KeyReference& reference, const PublicKey& pinned) {
  HOLDFAST_TRY(const auto token, Open(reference.token));
  return token->OpenKey(pinned, reference.uri);
}

std::map<std::string, TokenInfo> TokenSet::Opened() const {
  std::map<std::string, TokenInfo> infos;
  for (const auto& [name, token] : open_) infos[name] = token->info();
  return infos;
}

Status TokenSet::RetryRefusedPins() {
  Status worst;
  for (const auto& [name, token] : open_) {
    if (!token->pin_refused()) continue;
    auto retried = token->RetryPin();
    if (retried) continue;
    worst = retried;
    worst.error().message = "token " + name + ": " + worst.error().message;
  }
  return worst;
}

int TokenSet::Sessions() const {
  int sessions = 0;
  for (const auto& [name, token] : open_) {
    const int configured = configs_.at(name).sessions;
    sessions +=
        configured > 0 ? configured : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  }
  return std::max(1, sessions);
}

}  // namespace holdfast::hsm
