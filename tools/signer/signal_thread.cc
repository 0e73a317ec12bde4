#include "tools/signer/signal_thread.h"

#include <unistd.h>

namespace holdfast::signer {

SignalThread::~SignalThread() {
  {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
  }
  ::kill(::getpid(), SIGTERM);
}

void SignalThread::Handle(Action stop, Action hang_up) {
  std::thread before;
  {
    const std::scoped_lock lock(mutex_);
    stop_ = std::move(stop);
    hang_up_ = std::move(hang_up);
    before = std::move(hanging_up_);
  }
  if (before.joinable()) before.join();
}

sigset_t SignalThread::Signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

void SignalThread::Loop() {
  const sigset_t set = Signals();
  for (;;) {
    int signal = 0;
    if (::sigwait(&set, &signal) != 0) continue;
    const std::scoped_lock lock(mutex_);
    if (ended_) return;
    Take(signal, set);
  }
}

void SignalThread::Take(int signal, const sigset_t& set) {
  if (!stop_) {
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    ::kill(::getpid(), signal);
  } else if (signal != SIGHUP) {
    stop_();
  } else if (hang_up_ && !busy_.exchange(true)) {
    if (hanging_up_.joinable()) hanging_up_.join();
    hanging_up_ = std::thread([this, action = hang_up_] {
      action();
      busy_ = false;
    });
  }
}

}  // namespace holdfast::signer
