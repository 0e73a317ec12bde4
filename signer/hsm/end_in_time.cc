#include "signer/hsm/end_in_time.h"

#include <unistd.h>

namespace holdfast::hsm {

EndInTime::~EndInTime() {
  {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void EndInTime::Begin(Seconds grace, std::function<std::string()> why) {
  const std::scoped_lock lock(mutex_);
  if (ended_ || thread_.joinable()) return;
  thread_ = std::thread([this, grace, why = std::move(why)] {
    std::unique_lock waiting(mutex_);
    if (changed_.wait_for(waiting, grace, [this] { return ended_; })) return;
    const std::string text = "holdfast-signer: " + why() + "\n";
    (void)!::write(STDERR_FILENO, text.data(), text.size());
    ::_exit(1);
  });
}

}  // namespace holdfast::hsm
