#include "signer/hsm/pkcs11/session_pool.h"

namespace holdfast::hsm {

Result<std::optional<Session>> SessionPool::Take(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  if (limit_ < capacity_ && std::chrono::steady_clock::now() >= grow_at_) limit_ = capacity_;
  if (!given_.wait_for(lock, wait, [this] { return out_ < limit_; }))
    return Fail(ErrorKind::kUnavailable, "hsm.busy",
                "all " + std::to_string(limit_) + " sessions with the token are busy",
                "Try again; raise the number of sessions if the HSM allows more");
  out_++;
  std::optional<Session> session;
  if (!idle_.empty()) {
    session = std::move(idle_.front());
    idle_.pop_front();
  }
  return session;
}

void SessionPool::Give(std::optional<Session> session) {
  std::lock_guard lock(mutex_);
  out_--;
  if (session) idle_.push_back(std::move(*session));
  given_.notify_one();
}

bool SessionPool::Shrink() {
  std::lock_guard lock(mutex_);
  if (out_ < 2) return false;
  limit_ = out_ - 1;
  grow_at_ = std::chrono::steady_clock::now() + shrunken_;
  return true;
}

void SessionPool::DropIdle() {
  std::deque<Session> dropped;
  std::lock_guard lock(mutex_);
  dropped.swap(idle_);
}

void SessionPool::Reset() {
  DropIdle();
  std::lock_guard lock(mutex_);
  limit_ = capacity_;
  given_.notify_all();
}

size_t SessionPool::idle() const {
  std::lock_guard lock(mutex_);
  return idle_.size();
}

}  // namespace holdfast::hsm
