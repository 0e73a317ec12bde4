// A blocking client of the local API, for the command line and for tests.
#pragma once

#include "agent/api/listener.h"
#include "protocol/strict_json.h"

namespace holdfast::api {

class Client {
 public:
  // Checks: those of Connect (socket.absent: no agent).
  static Result<Client> Connect(const Path& socket);
  // One request, one answer. An answer with "ok": false is the error inside. Checks: api.lost (kUnavailable),
  // api.answer, and those of the agent.
  Result<Json> Call(const Json& request);
  int descriptor() const { return socket_.get(); }

 private:
  explicit Client(Descriptor socket) : socket_(std::move(socket)) {}
  Status Send(std::string_view text);
  Result<std::string> ReadLine();

  Descriptor socket_;
  std::string input_;
};

}  // namespace holdfast::api
