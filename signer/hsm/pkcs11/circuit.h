// What keeps a token that is down from being tried by every caller: after a failure everybody gets the same
// error at once, until a pause is over; then one caller tries. The pause doubles with each failure, up to 30
// times the first. Thread safe.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "protocol/result.h"

namespace holdfast::hsm {

class Circuit {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  explicit Circuit(std::chrono::milliseconds pause) : first_pause_(pause), pause_(pause) {}

  std::optional<Error> Blocks(Instant now);  // nullopt: go on; of several waiting callers, one
  void Failed(const Error& error, Instant now);
  void Succeeded();
  std::optional<Error> last_error() const;  // nullopt: closed

 private:
  mutable std::mutex mutex_;
  const std::chrono::milliseconds first_pause_;
  std::chrono::milliseconds pause_;
  std::optional<Error> error_;
  Instant next_try_;
};

}  // namespace holdfast::hsm
