// Units of a limit that are held by a connection to the agent. They go when the agent goes, and are taken again when it is back.
#pragma once

#include <optional>

#include "agent/api/client.h"

namespace holdfast::cli {

class HeldUnits {
 public:
  HeldUnits(Path socket, Json request) : socket_(std::move(socket)), request_(std::move(request)) {}
  // Asks the agent; a decision, after which the units are held if it says so. Checks: those of api::Client.
  Result<Json> Take();
  bool held() const { return agent_.has_value(); }
  // Becomes readable when the agent is gone; -1 when nothing is held.
  int descriptor() const { return agent_ ? agent_->descriptor() : -1; }
  void Lose() { agent_.reset(); }

 private:
  const Path socket_;
  Json request_;
  std::optional<api::Client> agent_;
};

}  // namespace holdfast::cli
