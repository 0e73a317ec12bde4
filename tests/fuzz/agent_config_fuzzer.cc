// holdfast-agent's configuration file: refused, or within the bounds that holdfast-agent(8) gives.
#include "agent/agent_config.h"
#include "tests/fuzz/require.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto config = ParseAgentConfig(AsText({data, size}));
  if (!config) return 0;
  HOLDFAST_REQUIRE(config->socket.mode >= 0 && config->socket.mode <= 0777);
  HOLDFAST_REQUIRE(config->max_connections >= 32 && config->max_connections <= 900);
  HOLDFAST_REQUIRE(config->max_connections_per_user >= 1 && config->max_connections_per_user <= 900);
  return 0;
}
