// One immutable value that many threads read and one at a time replaces. Reading takes no lock and waits for nobody: two additions to a
// counter of the thread's own stripe, and one load. A value that was replaced is freed when nobody can read it any more.
//
// That is known by counting readers in two parities (as in sleepable RCU). A reader counts itself in before it loads the pointer, and out when it
// is done. A writer replaces the pointer, makes new readers use the other parity, and sees the old one's counters at zero: whoever came before
// is gone, but for those who had read the parity and not counted yet. So each value waits for two such turns that begin after it was replaced. Turns are
// only looked at when something is published: what is left over waits for the next time, which is a few values when a reader is slow.
#pragma once

#include <pthread.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace holdfast::client {

template <class T>
class Published {
 public:
  explicit Published(std::unique_ptr<const T> first) : current_(first.release()) {}
  ~Published() { delete current_.load(); }
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;

  // Keeps the value that was current when it was made. For moments: on the stack, without waiting for anything meanwhile.
  class Reading {
   public:
    explicit Reading(const Published& from) : count_(from.CountIn()), value_(from.current_.load()) {}
    ~Reading() { count_.fetch_sub(1, std::memory_order_release); }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    const T& operator*() const { return *value_; }
    const T* operator->() const { return value_; }

   private:
    std::atomic<uint32_t>& count_;  // before value_: it is counted first
    const T* value_;
  };

  // One thread at a time.
  void Publish(std::unique_ptr<const T> next) {
    retired_.reserve(retired_.size() + 1);  // what may throw comes first
    std::unique_ptr<const T> old(current_.exchange(next.release()));
    retired_.push_back({std::move(old), turns_.load()});
    for (int turn = 0; turn < 3 && EndTurn(); turn++) {
    }
  }
  size_t retired() const { return retired_.size(); }

 private:
  static constexpr size_t kStripes = 128;  // by thread, so that they do not take a cache line from each other
  struct alignas(64) Stripe {
    std::array<std::atomic<uint32_t>, 2> readers{};  // by parity
  };
  struct Retired {
    std::unique_ptr<const T> value;
    uint64_t turn;  // that ran when it was replaced
  };

  std::atomic<uint32_t>& CountIn() const {
    // The address of the thread's control block; threads' stacks are whole pages apart.
    const auto thread =
        static_cast<uint64_t>(reinterpret_cast<uintptr_t>(reinterpret_cast<void*>(::pthread_self())));
    const uint64_t spread = (thread >> 6) * 0x9E3779B97F4A7C15u;
    auto& count = stripes_[spread >> 57].readers[turns_.load(std::memory_order_relaxed) & 1];
    count.fetch_add(1);
    return count;
  }

  // False: somebody who came before this turn still reads.
  bool EndTurn() {
    const uint64_t turn = turns_.load();
    for (const Stripe& stripe : stripes_)
      if (stripe.readers[(turn + 1) & 1].load() != 0) return false;
    std::erase_if(retired_, [turn](const Retired& retired) { return retired.turn + 2 <= turn; });
    turns_.store(turn + 1);
    return true;
  }

  std::atomic<const T*> current_;
  std::atomic<uint64_t> turns_ = 0;  // its parity is the one that readers use
  mutable std::array<Stripe, kStripes> stripes_{};
  std::vector<Retired> retired_;
};

}  // namespace holdfast::client
