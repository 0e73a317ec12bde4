#include "signer/hsm/pkcs11/circuit.h"

#include <algorithm>

namespace holdfast::hsm {

std::optional<Error> Circuit::Blocks(Instant now) {
  std::lock_guard lock(mutex_);
  if (!error_) return std::nullopt;
  if (now < next_try_) return error_;
  next_try_ = now + pause_;
  return std::nullopt;
}

void Circuit::Failed(const Error& error, Instant now) {
  std::lock_guard lock(mutex_);
  pause_ = error_ ? std::min(2 * pause_, 30 * first_pause_) : first_pause_;
  error_ = error;
  next_try_ = now + pause_;
}

void Circuit::Succeeded() {
  std::lock_guard lock(mutex_);
  error_.reset();
}

std::optional<Error> Circuit::last_error() const {
  std::lock_guard lock(mutex_);
  return error_;
}

}  // namespace holdfast::hsm
