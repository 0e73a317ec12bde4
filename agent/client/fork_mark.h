// How often this process came out of a fork. A handle that was opened at another count is the parent's.
#pragma once

#include <atomic>
#include <cstdint>

namespace holdfast::client {

inline std::atomic<uint64_t> fork_count = 0;  // only fork_mark.cc writes it

void WatchForForks();  // before the first handle is opened; any thread, any number of times

}  // namespace holdfast::client
