// Answers of the local API, as its clients read them (docs/local-api.md). Who sends them may be anybody.
#pragma once

#include "protocol/armor.h"
#include "protocol/jose/jws.h"
#include "protocol/strict_json.h"

namespace holdfast::local {

// Octets of an answer's JSON at most. The longest is to a challenge, with a license file in it.
inline constexpr size_t kMaxAnswer = 2 * kMaxFileSize + kMaxJwsSize;

// An answer that has "ok": true. One that says false is the error that is inside. Checks: those of ParseJson, api.answer (not an answer), those of the
// agent.
Result<Json> ParseAnswer(std::string_view json, size_t max_size = kMaxAnswer);

}  // namespace holdfast::local
