// Parts of JSON that signer.conf and ceremony plans share.
#pragma once

#include "protocol/strict_json.h"
#include "signer/hsm/signer_config.h"

namespace holdfast::hsm {

inline constexpr size_t kMaxTokens = 16;
inline constexpr size_t kMaxLines = 64;
inline constexpr size_t kMaxOperators = 32;

// {"module", "module_env": [..], "uri", "pin_file", "sessions"}
Result<TokenConfig> ParseTokenConfig(const Json& json, const std::string& context, const Path& directory);
Json TokenConfigJson(const TokenConfig& token, const Path& directory);
// {"token", "uri"}
Result<KeyReference> ParseKeyReference(const Json& json, const std::string& context);
// {"needed": M, "operators": [{"name", "key": base64 SubjectPublicKeyInfo}]}: names and keys differ, M is
// reachable.
Result<Quorum> ParseQuorum(const Json& json, const std::string& context);
Json QuorumJson(const Quorum& quorum);

}  // namespace holdfast::hsm
