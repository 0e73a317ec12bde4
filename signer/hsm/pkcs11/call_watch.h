// Which calls into a token have not come back. A thread inside a module cannot be stopped, so a token that
// hangs is only found out by others who look here. Thread safe.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <set>

namespace holdfast::hsm {

class CallWatch {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  explicit CallWatch(std::chrono::milliseconds patience) : patience_(patience) {}

  // One call, from here to its destructor.
  class Call {
   public:
    Call(CallWatch& watch, Instant now) : watch_(watch), entry_(watch.Begin(now)) {}
    ~Call() { watch_.End(entry_); }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    friend class CallWatch;
    CallWatch& watch_;
    const std::multiset<Instant>::iterator entry_;
  };
  // The token answered with a signature: one session that hangs is not yet a token that does.
  void Answered(Instant now);
  // Since when: a call has been under way for longer than the patience, and nobody was answered for as long.
  std::optional<std::chrono::seconds> Hangs(Instant now) const;

 private:
  std::multiset<Instant>::iterator Begin(Instant now);
  void End(std::multiset<Instant>::iterator entry);

  const std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;
  std::multiset<Instant> under_way_;
  Instant answered_{};
};

}  // namespace holdfast::hsm
