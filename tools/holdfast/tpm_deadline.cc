#include "tools/holdfast/tpm_deadline.h"

#include <unistd.h>

#include <iostream>

#include "tools/cli/output.h"

namespace holdfast::cli {

TpmDeadline::TpmDeadline(std::chrono::seconds length, bool json)
    : thread_([this, length, json] {
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, length, [this] { return done_; })) return;
        const Error error{ErrorKind::kUnavailable, "tpm.silent",
                          "the TPM has not answered for " + std::to_string(length.count()) + " seconds",
                          "check the TPM and --tcti, and that no other program holds the TPM; then do it "
                          "again, which completes what was begun"};
        std::cerr << FormatError("holdfast", error);
        if (json) Print(ErrorJson(error));
        std::cout.flush();
        ::_exit(ExitCodeFor(error.kind));
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
