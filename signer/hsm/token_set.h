// The tokens that a configuration names, each opened when it is first needed and only once. The root's token
// is opened by the commands that need it, never by the service.
#pragma once

#include <map>

#include "signer/hsm/signer_config.h"

namespace holdfast::hsm {

class TokenSet {
 public:
  explicit TokenSet(std::map<std::string, TokenConfig> configs) : configs_(std::move(configs)) {}

  // Whether all of them can be open in one process, before anything is made in one. Checks: hsm.config,
  // config.token (kUsage): two names for one token with different PIN files.
  Status CheckTogether() const;
  // Checks: config.token for a name that is not listed, those of CheckTogether and Token::Open.
  Result<std::shared_ptr<Token>> Open(const std::string& name);
  // The key of `certificate`, which is what identifies it.
  Result<std::shared_ptr<TokenKey>> OpenKey(const KeyReference& reference, const PublicKey& pinned);
  std::map<std::string, TokenInfo> Opened() const;
  int Sessions() const;  // of all opened tokens together
  // Token::RetryPin for those that refused theirs; the others are not touched. The last error.
  Status RetryRefusedPins();

 private:
  std::map<std::string, TokenConfig> configs_;
  std::map<std::string, std::shared_ptr<Token>> open_;
};

}  // namespace holdfast::hsm
