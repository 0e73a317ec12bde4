// The agent's watch page (protocol/local/watch_page.h), mapped read only: what it says is read without a system call. It is a hint, also when
// somebody else made it: the worst that it can do is to be silent about a change until `keep` is over.
#pragma once

#include <memory>

#include "agent/client/descriptor.h"
#include "agent/client/failure.h"
#include "protocol/local/watch_page.h"

namespace holdfast::client {

class WatchedPage {
 public:
  // Only a memfd of one page that nobody can shrink or write to any more but its maker. watch.page (HOLDFAST_AGENT_INVALID).
  static Outcome<std::shared_ptr<const WatchedPage>> Map(const Descriptor& memfd);
  ~WatchedPage();
  WatchedPage(const WatchedPage&) = delete;
  WatchedPage& operator=(const WatchedPage&) = delete;

  uint64_t generation() const { return page_->generation.load(std::memory_order_acquire); }
  uint64_t alive() const { return page_->alive.load(std::memory_order_relaxed); }

 private:
  explicit WatchedPage(void* mapping) : mapping_(mapping) {}
  void* mapping_;
  const local::WatchPage* page_ = nullptr;
};

}  // namespace holdfast::client
