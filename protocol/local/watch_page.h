// The page that the operation `watch` hands out: one page of a sealed memfd, which the agent writes and everybody else maps read only. Who has it sees
// without a system call that something has changed, and that the agent lives.
//
//   offset  size
//        0     8  "HFWATCH1"
//        8     4  version: 1
//       12     4  0
//       16     8  generation: moves when an answer of `entitlements` has changed, of whichever product
//       24     8  alive: moves at least twice a second as long as the agent serves
//
// Little endian; the last two are read and written atomically. The rest of the page is 0. Both are hints: who wants to rely on what has changed asks over
// a connection that was challenged. The receiver must see that the descriptor has the seals kWatchSeals before it maps it, or who sent it could take the
// page away under it (SIGBUS).
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "protocol/result.h"

namespace holdfast::local {

inline constexpr size_t kWatchPageSize = 4096;
inline constexpr uint32_t kWatchVersion = 1;
// F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_FUTURE_WRITE of fcntl(2)
inline constexpr int kWatchSeals = 0x0001 | 0x0002 | 0x0004 | 0x0010;

struct WatchPage {
  char magic[8];
  uint32_t version, reserved;
  std::atomic<uint64_t> generation, alive;
};
static_assert(std::endian::native == std::endian::little, "the page is little endian");
static_assert(std::atomic<uint64_t>::is_always_lock_free && sizeof(std::atomic<uint64_t>) == 8);
static_assert(offsetof(WatchPage, version) == 8 && offsetof(WatchPage, generation) == 16 &&
              offsetof(WatchPage, alive) == 24 && sizeof(WatchPage) == 32);

// Makes one in kWatchPageSize octets of zeros that are aligned to 8.
WatchPage& MakeWatchPage(void* page, uint64_t generation);
// What is mapped: kWatchPageSize octets, aligned to 8. Check: watch.page (kRefused: it is none, or of another version).
Result<const WatchPage*> ReadWatchPage(const void* page);

}  // namespace holdfast::local
