// A bounded queue between threads.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

namespace holdfast::hsm {

template <class T>
class WorkQueue {
 public:
  explicit WorkQueue(size_t capacity) : capacity_(capacity) {}

  void Push(T item) {  // waits while the queue is full
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return items_.size() < capacity_; });
    Put(std::move(item));
  }
  // False when it stays full that long: nothing was put in.
  bool PushWithin(T item, std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    if (!room_.wait_for(lock, wait, [&] { return items_.size() < capacity_; })) return false;
    Put(std::move(item));
    return true;
  }
  // All of them at once, so that who waits is woken once; the queue may then hold more than its capacity.
  void PushAll(const std::vector<T>& items) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return items_.size() < capacity_; });
    items_.insert(items_.end(), items.begin(), items.end());
    if (waiting_ > 0) ready_.notify_all();
  }
  // One item, or false when the queue is closed and empty.
  bool Pop(T& item) {
    std::unique_lock lock(mutex_);
    if (!WaitForItem(lock)) return false;
    item = std::move(items_.front());
    items_.pop_front();
    room_.notify_one();
    return true;
  }
  // What is there, at most `limit` items, in order; false when the queue is closed and empty.
  bool PopSome(std::vector<T>& items, size_t limit) {
    std::unique_lock lock(mutex_);
    if (!WaitForItem(lock)) return false;
    const auto end = items_.begin() + static_cast<std::ptrdiff_t>(std::min(limit, items_.size()));
    items.assign(std::make_move_iterator(items_.begin()), std::make_move_iterator(end));
    items_.erase(items_.begin(), end);
    room_.notify_all();
    return true;
  }
  void Close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    ready_.notify_all();
  }

 private:
  void Put(T item) {
    items_.push_back(std::move(item));
    if (waiting_ > 0) ready_.notify_one();
  }
  bool WaitForItem(std::unique_lock<std::mutex>& lock) {
    waiting_++;
    ready_.wait(lock, [&] { return closed_ || !items_.empty(); });
    waiting_--;
    return !items_.empty();
  }

  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable ready_, room_;
  std::deque<T> items_;
  int waiting_ = 0;
  bool closed_ = false;
};

}  // namespace holdfast::hsm
