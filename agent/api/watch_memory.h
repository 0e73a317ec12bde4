// The page that watchers map (protocol/local/watch_page.h): one for all of them. The agent alone can write it.
#pragma once

#include <memory>

#include "agent/api/listener.h"
#include "protocol/local/watch_page.h"

namespace holdfast::api {

class WatchMemory {
 public:
  // Check: server.system.
  static Result<WatchMemory> Make(int64_t generation);

  void Beat() { page_->alive.fetch_add(1, std::memory_order_relaxed); }
  void SetGeneration(int64_t generation) {
    page_->generation.store(static_cast<uint64_t>(generation), std::memory_order_release);
  }
  // As send(2) on a unix stream socket, with the page's descriptor beside the first octet.
  ssize_t SendWith(int socket, std::string_view text) const;

 private:
  struct Unmap {
    void operator()(local::WatchPage* page) const;
  };
  WatchMemory(Descriptor&& descriptor, local::WatchPage* page)
      : descriptor_(std::move(descriptor)), page_(page) {}

  Descriptor descriptor_;
  std::unique_ptr<local::WatchPage, Unmap> page_;
};

// Has the peer not read all yet that was sent to it?
bool HasUnread(int socket);

}  // namespace holdfast::api
