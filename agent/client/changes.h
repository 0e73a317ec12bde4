// The descriptor that an application polls: readable when something has changed, or, while there is no agent, about once a second, to look for one. It
// stays the same while connections come and go (epoll over the watch connection, an eventfd and a timer). Thread safe.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "agent/client/connection.h"

namespace holdfast::client {

class Changes {
 public:
  // Made at the first call. host.descriptors (HOLDFAST_SYSTEM).
  Outcome<int> ToPoll();
  bool wanted() const { return wanted_.load(std::memory_order_acquire); }

  // A connection that gets a line at each change. Ignored while an earlier one lives: what that has to say is not lost.
  void Keep(Connection watch);
  void Tell();  // something has changed: readable until the next Drain
  // Is there more to come that no connection will tell of? Then it becomes readable by itself, soon, and again every second.
  void LookAgain(bool more);
  // Not readable any more. False: there is no connection that would say so when something changes.
  bool Drain();

 private:
  bool Open();                   // under mutex_
  void SetTimer(bool on) const;  // under mutex_
  void Signal() const;           // under mutex_

  std::atomic<bool> wanted_ = false;
  std::mutex mutex_;
  Descriptor epoll_, event_, timer_;  // under mutex_, as is
  std::optional<Connection> watch_;
};

}  // namespace holdfast::client
