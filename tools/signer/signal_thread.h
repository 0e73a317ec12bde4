// SIGTERM, SIGINT and SIGHUP of a service, waited for in a thread of its own.
#pragma once

#include <signal.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

namespace holdfast::signer {

// Signals() must be blocked before it is made: all threads of the process inherit that.
class SignalThread {
 public:
  using Action = std::function<void()>;

  // Until Handle, a signal ends the process as it does any other, also while an HSM hangs.
  SignalThread() : thread_([this] { Loop(); }) {}
  ~SignalThread();
  // `hang_up` gets a thread, so that it may take long; while it runs, SIGHUP is ignored. Returns when what was
  // handled before is over.
  void Handle(Action stop, Action hang_up);
  static sigset_t Signals();

 private:
  void Loop();
  void Take(int signal, const sigset_t& set);

  std::mutex mutex_;
  Action stop_, hang_up_;
  bool ended_ = false;
  std::thread hanging_up_;
  std::atomic<bool> busy_{false};
  std::jthread thread_;
};

}  // namespace holdfast::signer
