#include "protocol/local/watch_page.h"

#include <cstring>
#include <new>

namespace holdfast::local {

static constexpr char kMagic[] = {'H', 'F', 'W', 'A', 'T', 'C', 'H', '1'};

WatchPage& MakeWatchPage(void* page, uint64_t generation) {
  auto* made = new (page) WatchPage{};
  std::memcpy(made->magic, kMagic, sizeof kMagic);
  made->version = kWatchVersion;
  made->generation.store(generation, std::memory_order_release);
  return *made;
}

Result<const WatchPage*> ReadWatchPage(const void* page) {
  const auto* read = static_cast<const WatchPage*>(page);
  if (std::memcmp(read->magic, kMagic, sizeof kMagic) != 0 || read->version != kWatchVersion)
    return Refused("watch.page", "the page that the agent shares is none, or of another version");
  return read;
}

}  // namespace holdfast::local
