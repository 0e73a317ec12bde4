// SoftHSM2 rewrites a token's file in place at every login: a process that is killed there, or a full disk, destroys the token, and two
// that start at once disturb each other. So the signer works on a copy of the embedded tokens, made under the
// signer's lock, and what is below tokens/ is only replaced, whole and atomically, when keys were made. Tokens of other
// modules are not touched (docs/decisions/0057).
#pragma once

#include <map>

#include "signer/hsm/signer_config.h"

namespace holdfast::hsm {

class WorkingTokens {
 public:
  // The signer's lock must be held: copies that an interrupted run left are removed. Check: tokens.copy (kUnavailable).
  static Result<WorkingTokens> Make(const SignerConfig& config, const SignerPaths& paths);
  WorkingTokens(WorkingTokens&& other) noexcept;
  WorkingTokens& operator=(WorkingTokens&& other) = delete;
  ~WorkingTokens();  // removes the copy

  // The configuration's tokens; embedded ones lead to the copy.
  const std::map<std::string, TokenConfig>& configs() const { return configs_; }
  // The copy becomes the tokens. Nothing may be asked of them afterwards. Check: tokens.publish (kUnavailable).
  Status Publish();

 private:
  WorkingTokens() = default;
  Path directory_, copy_;  // copy_ is empty when nothing is embedded
  std::map<std::string, TokenConfig> configs_;
};

}  // namespace holdfast::hsm
