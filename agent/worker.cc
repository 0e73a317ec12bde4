#include "agent/worker.h"

#include <algorithm>

namespace holdfast {

void Worker::Post(Job job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  changed_.notify_one();
}

void Worker::PostLater(const std::string& name, std::chrono::milliseconds delay, Job job) {
  const std::lock_guard lock(mutex_);
  later_[name] = {std::chrono::steady_clock::now() + delay, std::move(job)};
  changed_.notify_one();
}

void Worker::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

// The lock is held.
void Worker::TakeDue() {
  for (auto next = later_.begin(); next != later_.end();) {
    const bool due = next->second.first <= std::chrono::steady_clock::now();
    if (due) jobs_.push_back(std::move(next->second.second));
    next = due ? later_.erase(next) : std::next(next);
  }
}

void Worker::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    TakeDue();
    if (jobs_.empty() && later_.empty()) {
      changed_.wait(lock);
      continue;
    }
    if (jobs_.empty()) {
      const auto first = std::min_element(later_.begin(), later_.end(), [](const auto& a, const auto& b) {
        return a.second.first < b.second.first;
      });
      const auto until = first->second.first;  // the entry may be replaced meanwhile
      changed_.wait_until(lock, until);
      continue;
    }
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace holdfast
