// What the peer on the socket says has the members that we use, of the types that we expect. Who listens there is not proven to be
// the agent: its answers are as hostile as any file. Members that we do not know may be there.
#pragma once

#include "protocol/strict_json.h"

namespace holdfast::cli {

// Of the operation `op` (docs/local-api.md): status, check, hold, consume, key, request, install, return, time_request, heartbeat or break_glass. Check: api.answer.
Status CheckAnswer(std::string_view op, const Json& answer);

}  // namespace holdfast::cli
