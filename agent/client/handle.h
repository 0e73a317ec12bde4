// What stands behind a holdfast_handle.
#pragma once

#include "agent/client/calls.h"
#include "agent/client/fork_mark.h"
#include "agent/client/last_error.h"
#include "agent/client/mirror.h"

namespace holdfast::client {

inline constexpr uint64_t kOpen = 0x484F4C4446415354;  // what a handle begins with as long as it is one

}  // namespace holdfast::client

struct holdfast_handle {
  holdfast_handle(const std::string& socket, std::unique_ptr<holdfast::client::Trust> whom,
                  holdfast::client::Milliseconds timeout)
      : trust(std::move(whom)), mirror(socket, *trust, timeout), calls(socket, *trust, timeout) {}
  ~holdfast_handle() { magic.store(0); }

  std::atomic<uint64_t> magic = holdfast::client::kOpen;
  const uint64_t forks = holdfast::client::fork_count.load(std::memory_order_relaxed);
  const std::unique_ptr<holdfast::client::Trust> trust;
  holdfast::client::Mirror mirror;
  holdfast::client::Calls calls;
  std::atomic<uint64_t> drained = 0;  // the mirror's version at the last holdfast_drain
};

namespace holdfast::client {

// HOLDFAST_OK, or the error, which is remembered.
inline int CheckHandle(const holdfast_handle* handle) {
  if (handle == nullptr)
    return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.handle", "the handle is NULL",
                    "see whether holdfast_open failed");
  if (handle->magic.load(std::memory_order_relaxed) != kOpen)
    return Remember(HOLDFAST_CLOSED, "argument.closed", "the handle was closed");
  if (handle->forks != fork_count.load(std::memory_order_relaxed))
    return Remember(HOLDFAST_FORKED, "argument.forked", "the handle is the parent process's",
                    "open another one in the child");
  return HOLDFAST_OK;
}

}  // namespace holdfast::client
