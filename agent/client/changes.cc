#include "agent/client/changes.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

namespace holdfast::client {
namespace {

constexpr std::chrono::nanoseconds kSoon = std::chrono::milliseconds(250);

bool Add(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP;
  event.data.fd = descriptor;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

// An eventfd or a timer: one number says how often.
void ReadAway(int descriptor) {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(descriptor, &count, sizeof count);
}

}  // namespace

Outcome<int> Changes::ToPoll() {
  const std::lock_guard hold(mutex_);
  if (!epoll_.valid() && !Open())
    return Failed(HOLDFAST_SYSTEM, "host.descriptors", "no descriptor can be made to poll");
  wanted_.store(true, std::memory_order_release);
  return epoll_.get();
}

bool Changes::Open() {
  Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC)), event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!epoll.valid() || !event.valid() || !timer.valid() || !Add(epoll.get(), event.get()) ||
      !Add(epoll.get(), timer.get()))
    return false;
  epoll_ = std::move(epoll);
  event_ = std::move(event);
  timer_ = std::move(timer);
  SetTimer(true);
  return true;
}

void Changes::SetTimer(bool on) const {
  itimerspec every{};
  if (on) {
    every.it_value.tv_nsec = kSoon.count();
    every.it_interval.tv_sec = 1;
  }
  ::timerfd_settime(timer_.get(), 0, &every, nullptr);
}

void Changes::Keep(Connection watch) {
  const std::lock_guard hold(mutex_);
  if (!epoll_.valid() || watch_ || !Add(epoll_.get(), watch.descriptor())) return;
  watch_.emplace(std::move(watch));
  SetTimer(false);
  if (watch_->has_input()) Signal();  // the socket is not readable for what was read already
}

void Changes::Tell() {
  const std::lock_guard hold(mutex_);
  if (event_.valid()) Signal();
}

void Changes::Signal() const {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(event_.get(), &one, sizeof one);
}

void Changes::LookAgain(bool more) {
  const std::lock_guard hold(mutex_);
  if (timer_.valid()) SetTimer(more || !watch_);
}

bool Changes::Drain() {
  const std::lock_guard hold(mutex_);
  ReadAway(event_.get());
  ReadAway(timer_.get());
  if (watch_ && !watch_->Drain()) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, watch_->descriptor(),
                nullptr);  // a forked child may have a copy
    watch_.reset();
    SetTimer(true);
  }
  return watch_.has_value();
}

}  // namespace holdfast::client
