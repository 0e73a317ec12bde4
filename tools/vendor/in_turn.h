// Commands at the same time take turns: what one holds, the other waits for.
#pragma once

#include <chrono>
#include <string_view>
#include <thread>

#include "protocol/result.h"

namespace holdfast::vendor {

// Makes `attempt` again while it fails with the check `held`, for ten seconds; its last result.
template <class Attempt>
auto InTurn(std::string_view held, Attempt attempt) -> decltype(attempt()) {
  constexpr int kAttempts = 100;
  constexpr std::chrono::milliseconds kPause{100};
  for (int n = 1;; ++n) {
    auto result = attempt();
    if (result || result.error().check != held || n == kAttempts) return result;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace holdfast::vendor
