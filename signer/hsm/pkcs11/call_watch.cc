#include "signer/hsm/pkcs11/call_watch.h"

namespace holdfast::hsm {

std::multiset<CallWatch::Instant>::iterator CallWatch::Begin(Instant now) {
  const std::lock_guard lock(mutex_);
  return under_way_.insert(now);
}

void CallWatch::End(std::multiset<Instant>::iterator entry) {
  const std::lock_guard lock(mutex_);
  under_way_.erase(entry);
}

void CallWatch::Answered(Instant now) {
  const std::lock_guard lock(mutex_);
  answered_ = now;
}

std::optional<std::chrono::seconds> CallWatch::Hangs(Instant now) const {
  const std::lock_guard lock(mutex_);
  if (under_way_.empty() || now - *under_way_.begin() <= patience_ || now - answered_ <= patience_)
    return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(now - *under_way_.begin());
}

}  // namespace holdfast::hsm
