#include "agent/worker.h"

namespace holdfast {

void Worker::Post(Job job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  changed_.notify_one();
}

void Worker::PostLater(std::chrono::milliseconds delay, Job job) {
  const std::lock_guard lock(mutex_);
  later_.emplace(std::chrono::steady_clock::now() + delay, std::move(job));
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

void Worker::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (later_ && later_->first <= std::chrono::steady_clock::now()) {
      jobs_.push_back(std::move(later_->second));
      later_.reset();
    }
    if (jobs_.empty()) {
      later_ ? static_cast<void>(changed_.wait_until(lock, later_->first)) : changed_.wait(lock);
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
