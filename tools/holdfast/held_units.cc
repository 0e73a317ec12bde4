#include "tools/holdfast/held_units.h"

#include <sys/socket.h>

#include "tools/holdfast/answer_shape.h"

namespace holdfast::cli {
namespace {

// Units are decided on without the TPM. Who does not answer by then is asked again.
constexpr timeval kPatience{5, 0};

}  // namespace

Result<Json> HeldUnits::Take() {
  HOLDFAST_TRY(api::Client agent, api::Client::Connect(socket_));
  ::setsockopt(agent.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  HOLDFAST_TRY(Json decision, agent.Call(request_));
  HOLDFAST_CHECK(CheckAnswer("hold", decision));
  if (decision["allowed"] != true) return decision;
  if (decision.contains("product"))
    request_["product"] = decision["product"];  // whatever else is installed later
  agent_ = std::move(agent);
  return decision;
}

}  // namespace holdfast::cli
