#include "tools/holdfast/tpm_deadline.h"

#include <unistd.h>

#include <iostream>

namespace holdfast::cli {

TpmDeadline::TpmDeadline(std::chrono::seconds length)
    : thread_([this, length] {
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, length, [this] { return done_; })) return;
        std::cerr << "holdfast: the TPM has not answered for " << length.count()
                  << " seconds (tpm.silent). Check the TPM and --tcti, and that no other program holds the "
                     "TPM; the state directory is as it was.\n";
        ::_exit(1);
      }) {}

TpmDeadline::~TpmDeadline() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

}  // namespace holdfast::cli
