// What the agent says, mirrored in the process, and renewed by whoever reads it when it is not fresh any more. No thread of its own.
//
// Fresh is what the agent said as long as its page shows the same generation, its page moves, and it is not due. Reading that costs no system
// call and no lock. Otherwise one reader asks the agent, and the others go on with what was said before:
//
//   after an answer             not again for 100 ms
//   after a failure             not again for a second, or for four times as long as the failure took (10 s at most)
//   the agent is gone           what it said stands for `keep` from its last sign of life; then everything is denied
//
// The page is a hint and cannot make anything stand for longer: its last sign of life counts until the answer was due, not beyond.
#pragma once

#include <atomic>
#include <mutex>
#include <new>

#include "agent/client/changes.h"
#include "agent/client/inquiry.h"
#include "agent/client/published.h"

namespace holdfast::client {

class Mirror {
 public:
  // `trust` must live as long. Says that the agent is gone until it is renewed.
  Mirror(std::string socket, Trust& trust, Milliseconds timeout);

  // The first question; and again, later, whatever seems fresh. At most for the timeout; too early after the last time it does nothing.
  void Renew();
  // The same at once, to have a connection that tells of changes: when somebody begins to poll.
  void Watch();
  // Calls `read` with what is said now, as fresh as can be; `read` must not wait for anything.
  template <class Read>
  auto See(Read read) {
    const Moment now = CoarseClock::now();
    {
      const Published<Snapshot>::Reading reading(said_);
      if (IsFresh(*reading, now)) return read(*reading);
    }
    try {
      RenewUnless(&Mirror::IsFresh, now);
    } catch (const std::bad_alloc&) {  // what was said before goes on
    }
    const Published<Snapshot>::Reading reading(said_);
    return read(*reading);
  }

  // For who polls changes(): not readable any more, and as fresh as can be.
  void Drain();
  Changes& changes() { return changes_; }
  // Grows whenever a check or the status may say something else.
  uint64_t versions() const { return versions_.load(std::memory_order_acquire); }
  // What kept the agent from being believed, or reached, when it was asked last.
  std::optional<Failure> trouble() const;

 private:
  bool IsFresh(const Snapshot& said, Moment now);
  bool IsNever(const Snapshot&, Moment) { return false; }
  void RenewUnless(bool (Mirror::*enough)(const Snapshot&, Moment), Moment now);
  void Ask(Moment now);
  bool IsOver(Moment now) const;
  void Publish(Snapshot snapshot);
  void Note(std::optional<Failure> trouble);

  const std::string socket_;
  Trust& trust_;
  const Milliseconds timeout_;
  Published<Snapshot> said_;
  std::atomic<uint64_t> alive_ = 0;     // as the page showed it last
  std::atomic<Moment> alive_at_{};      // when it was seen to move
  std::atomic<Moment> next_{};          // question, not before
  std::atomic<bool> renewing_ = false;  // by one thread; it alone publishes
  std::atomic<uint64_t> versions_ = 0;
  Changes changes_;
  mutable std::mutex mutex_;
  std::optional<Failure> trouble_;  // under mutex_
};

}  // namespace holdfast::client
