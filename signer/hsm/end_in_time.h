// Ends the process when it should have ended and has not: a thread that is inside an HSM's module cannot be
// stopped, and everything that waits for it would wait for as long as the HSM is silent.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "protocol/time.h"

namespace holdfast::hsm {

class EndInTime {
 public:
  EndInTime() = default;
  ~EndInTime();  // it has ended
  // From now on: after `grace`, what `why` says goes to standard error and the process ends with code 1,
  // without destructors. The first call counts. Thread safe.
  void Begin(Seconds grace, std::function<std::string()> why);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace holdfast::hsm
