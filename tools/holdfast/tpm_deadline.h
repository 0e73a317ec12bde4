// A TPM, or what stands in for one, that takes a command and never answers blocks its caller in the TSS library for ever. As long as
// this object lives, the process has that long; then it says so, with `json` on standard output too, and ends with exit code 1. State files are written atomically, so
// nothing is half done, and the TPM's own resource manager frees what was loaded.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace holdfast::cli {

class TpmDeadline {
 public:
  TpmDeadline(std::chrono::seconds length, bool json);
  ~TpmDeadline();
  TpmDeadline(const TpmDeadline&) = delete;
  TpmDeadline& operator=(const TpmDeadline&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace holdfast::cli
