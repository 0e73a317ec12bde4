#include "agent/client/fork_mark.h"

#include <pthread.h>

namespace holdfast::client {

void WatchForForks() {
  // Not undone: when the library is unloaded, the C library forgets the handler with it.
  [[maybe_unused]] static const int registered =
      ::pthread_atfork(nullptr, nullptr, [] { fork_count.fetch_add(1, std::memory_order_relaxed); });
}

}  // namespace holdfast::client
