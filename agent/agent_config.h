// The agent's options, from the command line and from configuration files: "name = value" lines, '#' begins a
// comment. holdfast-agent(8) has every option.
#pragma once

#include "agent/api/server.h"

namespace holdfast {

struct AgentConfig {
  std::string tcti = "device:/dev/tpmrm0";
  Path state = "/var/lib/holdfast";
  Path roots = "/etc/holdfast/roots.pem";
  Path host_root = "/";
  api::SocketOptions socket{.path = "/run/holdfast/agent.sock"};
  int max_connections = 512, max_connections_per_user = 128;
  int tpm_timeout = 180;                            // seconds
  Path hook;                                        // absolute; empty: none
  std::optional<api::LoopbackAddress> http_listen;  // HTTP on a TCP port, too
  Path http_token_file;                             // which that needs
};
inline constexpr int kMaxTpmTimeout = 240;  // seconds; less than api::Client waits. Also of `holdfast`
inline constexpr std::string_view kAgentConfigFile = "/etc/holdfast/agent.conf";

struct AgentCommandLine {
  enum class What { kRun, kHelp, kVersion } what = What::kRun;
  AgentConfig config;
};

// Command line over configuration file over defaults. `usual` is skipped when it does not exist; --config
// names another, which must. Checks: usage.option (kUsage), config.syntax, config.<option> (kUsage when it stands on
// the command line) and those of ReadFile.
Result<AgentCommandLine> ReadAgentOptions(int argc, const char* const* argv, const Path& usual);
// One configuration file's text, over the defaults.
Result<AgentConfig> ParseAgentConfig(std::string_view text);
std::string AgentHelp();

}  // namespace holdfast
