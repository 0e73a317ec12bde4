#include "signer/hsm/token_set.h"

#include <algorithm>
#include <thread>

namespace holdfast::hsm {

Result<std::shared_ptr<Token>> TokenSet::Open(const std::string& name) {
  if (auto known = open_.find(name); known != open_.end()) return known->second;
  const auto config = configs_.find(name);
  if (config == configs_.end())
    return Fail(ErrorKind::kUsage, "config.token", "there is no token named " + name);
  // Two names for one token share it.
  for (const auto& [other, token] : open_)
    if (configs_[other].module == config->second.module && configs_[other].uri == config->second.uri)
      return open_[name] = token;
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
