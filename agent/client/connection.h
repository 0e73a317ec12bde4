// A connection to the agent's socket, as lines. Nothing waits beyond its deadline, however slowly the other side reads or writes; a line has
// a size limit; no SIGPIPE is raised. Whoever listens there may be hostile.
#pragma once

#include <string>
#include <string_view>

#include "agent/client/coarse_clock.h"
#include "agent/client/descriptor.h"
#include "agent/client/failure.h"
#include "agent/client/fork_mark.h"

namespace holdfast::client {

class Connection {
 public:
  // agent.absent, agent.forbidden (HOLDFAST_NO_AGENT), agent.timeout (also: its backlog is full), agent.socket (the path is no socket's),
  // host.descriptors (HOLDFAST_SYSTEM).
  static Outcome<Connection> Open(const std::string& path, Deadline deadline);

  // Ends the conversation for the agent too, also where a forked child has a copy of the descriptor. In that child only the copy is closed.
  ~Connection();
  Connection(Connection&&) = default;
  Connection& operator=(Connection&&) = default;

  // agent.closed (HOLDFAST_NO_AGENT), agent.timeout.
  Outcome<void> Send(std::string_view text, Deadline deadline);
  // The next line, without its end. agent.size (HOLDFAST_AGENT_INVALID), agent.closed, agent.timeout.
  Outcome<std::string> ReceiveLine(size_t max_size, Deadline deadline);
  // What came with the last lines; not valid when there was none. Of several that come at once the first counts, and the others are closed.
  Descriptor TakeDescriptor() { return std::exchange(received_, Descriptor()); }
  // Reads away what is there now, without waiting. False: the other side has closed it.
  bool Drain();
  // Was more received than lines were taken?
  bool has_input() const { return !input_.empty(); }
  // Between two questions: is it still of use? Not when it was closed, nor when something came that nobody asked for.
  bool IsIdle() const;
  int descriptor() const { return socket_.get(); }

 private:
  explicit Connection(Descriptor socket) : socket_(std::move(socket)) {}
  Outcome<size_t> ReceiveSome(char* buffer, size_t size, Deadline deadline);

  uint64_t forks_ = fork_count.load(std::memory_order_relaxed);
  Descriptor socket_, received_;
  std::string input_;
};

}  // namespace holdfast::client
