// A bounded number of worker sessions. Sessions are opened by their borrowers, kept when they were good, and
// lent again in turn, so that a keep-alive reaches all of them. Thread safe.
#pragma once

#include <chrono>
#include <deque>

#include "signer/hsm/pkcs11/session.h"

namespace holdfast::hsm {

class SessionPool {
 public:
  explicit SessionPool(size_t capacity, std::chrono::milliseconds shrunken = std::chrono::seconds(30))
      : capacity_(capacity), shrunken_(shrunken), limit_(capacity) {}

  // The right to use one session: an idle one, or none yet. Every successful Take is followed by one Give.
  // Check: hsm.busy.
  Result<std::optional<Session>> Take(std::chrono::milliseconds wait);
  // nullopt: the session was not good, or none was opened.
  void Give(std::optional<Session> session);
  // The token has no more sessions than are out: do with that many for a while (`shrunken`), as others may
  // need them for as long. False when none is out but the caller's.
  bool Shrink();

  void DropIdle();  // closes them; call it within a Module::Use or with none open
  void Reset();     // the same, and forgets Shrink
  size_t idle() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable given_;
  const size_t capacity_;
  const std::chrono::milliseconds shrunken_;
  size_t limit_;
  std::chrono::steady_clock::time_point grow_at_{};  // while limit_ < capacity_
  size_t out_ = 0;
  std::deque<Session> idle_;
};

}  // namespace holdfast::hsm
