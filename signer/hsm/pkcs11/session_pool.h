// A bounded number of worker sessions. Sessions are opened by their borrowers, kept when they were good, and
// lent again in turn, so that a keep-alive reaches all of them. Thread safe.
#pragma once

#include <chrono>
#include <deque>

#include "signer/hsm/pkcs11/session.h"

namespace holdfast::hsm {

class SessionPool {
 public:
  explicit SessionPool(size_t capacity) : capacity_(capacity), limit_(capacity) {}

  // The right to use one session: an idle one, or none yet. Every successful Take is followed by one Give.
  // Check: hsm.busy.
  Result<std::optional<Session>> Take(std::chrono::milliseconds wait);
  // nullopt: the session was not good, or none was opened.
  void Give(std::optional<Session> session);
  // The token has no more sessions than are out: do with that many. False when none is out but the caller's.
  bool Shrink();

  void DropIdle();  // closes them; call it within a Module::Use or with none open
  void Reset();     // the same, and forgets Shrink
  size_t idle() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable given_;
  const size_t capacity_;
  size_t limit_;
  size_t out_ = 0;
  std::deque<Session> idle_;
};

}  // namespace holdfast::hsm
