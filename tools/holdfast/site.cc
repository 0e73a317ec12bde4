#include "tools/holdfast/site.h"

#include "agent/agent_config.h"
#include "agent/api/client.h"
#include "protocol/json_text.h"
#include "tools/holdfast/answer_shape.h"

namespace holdfast::cli {

std::vector<Option> SiteOptions() {
  const AgentConfig defaults;
  return {
      {.name = "socket", .value = "PATH", .help = "the agent's socket", .otherwise = defaults.socket.path},
      {.name = "tcti", .value = "TCTI", .help = "the TPM, when no agent runs", .otherwise = defaults.tcti},
      {.name = "state",
       .value = "DIR",
       .help = "state directory, when no agent runs",
       .otherwise = defaults.state},
      {.name = "roots",
       .value = "FILE",
       .help = "pinned roots, when no agent runs",
       .otherwise = defaults.roots},
      {.name = "host-root",
       .value = "DIR",
       .help = "where the host's root directory is seen, for hosts without a TPM, when no agent runs",
       .otherwise = defaults.host_root},
      {.name = "tpm-timeout",
       .value = "SECONDS",
       .help = "how long the TPM may take in all, when no agent runs",
       .otherwise = std::to_string(defaults.tpm_timeout)},
  };
}

Result<Json> Ask(const Arguments& arguments, const Json& request) {
  auto agent = api::Client::Connect(arguments.File("socket"));
  if (agent) {
    HOLDFAST_TRY(Json answer, agent->Call(request));
    HOLDFAST_CHECK(CheckAnswer(request["op"].get<std::string>(), answer));
    return answer;
  }
  if (agent.error().kind != ErrorKind::kNotFound) return tl::unexpected(std::move(agent.error()));
  const std::string line = FormatJson(request);
  HOLDFAST_TRY(const api::ApiRequest parsed, api::ParseApiRequest(line, api::kMaxAdminLine));
  return AnswerHere(arguments, parsed);
}

}  // namespace holdfast::cli
