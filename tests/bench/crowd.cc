#include "tests/bench/crowd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace holdfast::bench {
namespace {

constexpr int kTurns = 20, kTurnsPerSecond = 10;  // a process sleeps between its turns, as applications do
constexpr int kChecks = kChecksPerSecond / kTurnsPerSecond;  // of a turn
constexpr int kBatch = 50;  // that are timed together: reading the clock costs as much as a check

// What a process has found out, in memory that it shares with the parent.
struct Found {
  double median, seconds;
};

[[noreturn]] void Fail(const char* what) {
  std::perror(what);
  std::abort();
}

double Now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void SleepUntil(double moment) {
  timespec until{};
  until.tv_sec = static_cast<time_t>(moment);
  until.tv_nsec = static_cast<long>((moment - static_cast<double>(until.tv_sec)) * 1e9);
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

double MedianOf(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Turn by turn, `late` seconds after the others, until all are done. Who is behind does not sleep.
Found Check(holdfast_handle* handle, const char* feature, double late) {
  std::vector<double> batches;
  const double start = Now() + late;
  for (int turn = 0; turn < kTurns; turn++) {
    SleepUntil(start + static_cast<double>(turn) / kTurnsPerSecond);
    for (int batch = 0; batch < kChecks / kBatch; batch++) {
      const double begin = Now();
      for (int i = 0; i < kBatch; i++)
        if (holdfast_check(handle, feature, nullptr) != HOLDFAST_OK) ::_exit(1);
      batches.push_back((Now() - begin) / kBatch);
    }
  }
  SleepUntil(start + static_cast<double>(kTurns) / kTurnsPerSecond);
  return {MedianOf(batches), Now() - start};
}

// One process: says on `ready` whether it has its handle, and begins when `begin` is closed.
[[noreturn]] void Live(const holdfast_options& options, const char* feature, int ready, int begin,
                       double late, Found& found) {
  holdfast_handle* handle = nullptr;
  char octet = holdfast_open(&options, &handle) == HOLDFAST_OK ? 1 : 0;
  if (::write(ready, &octet, 1) != 1 || octet == 0) ::_exit(1);
  if (::read(begin, &octet, 1) != 0) ::_exit(1);
  found = Check(handle, feature, late);
  holdfast_close(handle);
  ::_exit(0);
}

}  // namespace

Crowd RunCrowd(int processes, const holdfast_options& options, const char* feature) {
  const size_t size = sizeof(Found) * static_cast<size_t>(processes);
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int ready[2], begin[2];
  if (memory == MAP_FAILED || ::pipe2(ready, O_CLOEXEC) != 0 || ::pipe2(begin, O_CLOEXEC) != 0) Fail("crowd");
  auto* found = static_cast<Found*>(memory);
  std::vector<pid_t> all;
  for (int i = 0; i < processes; i++) {
    const pid_t child = ::fork();
    if (child < 0) Fail("crowd: fork");
    if (child == 0) {
      ::close(begin[1]);
      ::close(ready[0]);
      Live(options, feature, ready[1], begin[0], static_cast<double>(i) / processes / kTurnsPerSecond,
           found[i]);
    }
    all.push_back(child);
    // One after the other: the agent gives one user 128 connections, and where it is a thread of this process, nothing
    // of it is copied in the middle of its work.
    char octet = 0;
    if (::read(ready[0], &octet, 1) != 1 || octet == 0) Fail("crowd: a handle cannot be opened");
  }
  ::close(ready[1]);
  ::close(begin[1]);
  std::vector<double> medians;
  double rates = 0;
  for (size_t i = 0; i < all.size(); i++) {
    int status = -1;
    if (::waitpid(all[i], &status, 0) != all[i] || status != 0) Fail("crowd: a process has failed");
    medians.push_back(found[i].median);
    rates += kTurns * kChecks / found[i].seconds;
  }
  const Crowd crowd{MedianOf(medians), rates / processes};
  ::munmap(memory, size);
  ::close(ready[0]);
  ::close(begin[0]);
  return crowd;
}

}  // namespace holdfast::bench
