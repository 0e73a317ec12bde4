// Who answers a command: the agent that listens on --socket, or, when none does, this process with the same
// code, after taking the state directory's lock for what writes.
#pragma once

#include "agent/api/api_request.h"
#include "tools/cli/program.h"

namespace holdfast::cli {

std::vector<Option> SiteOptions();  // --socket, --tcti, --state, --roots, --tpm-timeout

// `request` as in docs/local-api.md. The answer has "ok": true.
Result<Json> Ask(const Arguments& arguments, const Json& request);
// The same without agent. Limits are not among it: they are the agent's. Check: socket.absent.
Result<Json> AnswerHere(const Arguments& arguments, const api::ApiRequest& request);

}  // namespace holdfast::cli
