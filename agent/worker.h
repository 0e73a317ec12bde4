// One thread that does what is slow, in order: the TPM and the disk are touched by nobody else.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace holdfast {

class Worker {
 public:
  using Job = std::function<void()>;
  Worker() : thread_([this] { Run(); }) {}
  ~Worker() { Stop(); }
  void Post(Job job);
  // Replaces what was to be done later under the same name, if anything.
  void PostLater(const std::string& name, std::chrono::milliseconds delay, Job job);
  void Stop();  // finishes the running job, drops the others, joins

 private:
  void Run();
  void TakeDue();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::map<std::string, std::pair<std::chrono::steady_clock::time_point, Job>> later_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace holdfast
