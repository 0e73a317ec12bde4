#include "agent/client/mirror.h"

#include <algorithm>

#include "protocol/crypto/error_mark.h"

namespace holdfast::client {
namespace {

constexpr Milliseconds kSilence{3000};  // the page moves twice a second
constexpr Milliseconds kAfterAnswer{100}, kAfterFailure{1000}, kLongestPause{10'000};

}  // namespace

Mirror::Mirror(std::string socket, Trust& trust, Milliseconds timeout)
    : socket_(std::move(socket)),
      trust_(trust),
      timeout_(timeout),
      said_(std::make_unique<const Snapshot>(GoneSnapshot(trust.product()))) {}

bool Mirror::IsFresh(const Snapshot& said, Moment now) {
  if (said.page == nullptr || said.page->generation() != said.generation || now >= said.due) return false;
  const uint64_t alive = said.page->alive();
  if (alive == alive_.load(std::memory_order_relaxed))
    return now - alive_at_.load(std::memory_order_relaxed) < kSilence;
  alive_.store(alive, std::memory_order_relaxed);
  alive_at_.store(now, std::memory_order_relaxed);
  return true;
}

void Mirror::Renew() {
  RenewUnless(&Mirror::IsNever, CoarseClock::now());
}

void Mirror::Watch() {
  next_.store(Moment{}, std::memory_order_release);
  Renew();
}

void Mirror::Drain() {
  if (changes_.Drain()) {
    See([](const Snapshot&) {});
  } else {
    Renew();
  }
  const Published<Snapshot>::Reading reading(said_);
  changes_.LookAgain(!IsFresh(*reading, CoarseClock::now()));
}

void Mirror::RenewUnless(bool (Mirror::*enough)(const Snapshot&, Moment), Moment now) {
  if (now < next_.load(std::memory_order_acquire) && !IsOver(now)) return;
  if (renewing_.exchange(true, std::memory_order_acquire)) return;
  struct Done {
    std::atomic<bool>& flag;
    ~Done() { flag.store(false, std::memory_order_release); }
  } const done{renewing_};
  {
    const Published<Snapshot>::Reading reading(said_);
    if ((this->*enough)(*reading, now)) return;  // another thread was faster
  }
  if (now >= next_.load(std::memory_order_acquire)) Ask(now);
  if (IsOver(CoarseClock::now())) Publish(GoneSnapshot(trust_.product()));
}

void Mirror::Ask(Moment now) {
  const ErrorMark mark;
  // Also when memory is short and this is left by an exception.
  next_.store(now + kAfterFailure, std::memory_order_release);
  auto findings = Inquire(socket_, trust_, now + timeout_);
  const Moment after = CoarseClock::now();
  if (!findings) {
    next_.store(after + std::clamp(4 * (after - now), kAfterFailure, kLongestPause),
                std::memory_order_release);
    return Note(std::move(findings.error()));
  }
  next_.store(after + kAfterAnswer, std::memory_order_release);
  alive_.store(findings->snapshot.page->alive(), std::memory_order_relaxed);
  alive_at_.store(after, std::memory_order_relaxed);
  Publish(std::move(findings->snapshot));
  Note(std::move(findings->unproven));
  if (changes_.wanted()) changes_.Keep(std::move(findings->watch));
}

// Has what was said stood for as long as it may without the agent?
bool Mirror::IsOver(Moment now) const {
  const Published<Snapshot>::Reading said(said_);
  if (said->page == nullptr) return false;  // it says so already
  const Moment sign = std::min(alive_at_.load(std::memory_order_relaxed), said->due);
  return now - sign > std::max(said->keep, kSilence);
}

void Mirror::Publish(Snapshot snapshot) {
  bool same = false;
  {
    const Published<Snapshot>::Reading reading(said_);
    same = SaysTheSame(*reading, snapshot);
  }
  said_.Publish(std::make_unique<const Snapshot>(std::move(snapshot)));
  if (same) return;
  versions_.fetch_add(1, std::memory_order_release);
  if (changes_.wanted()) changes_.Tell();
}

void Mirror::Note(std::optional<Failure> trouble) {
  const std::lock_guard hold(mutex_);
  trouble_ = std::move(trouble);
}

std::optional<Failure> Mirror::trouble() const {
  const std::lock_guard hold(mutex_);
  return trouble_;
}

}  // namespace holdfast::client
