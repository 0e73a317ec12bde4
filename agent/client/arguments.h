// What applications hand in, checked before it is used. Nothing is read beyond the longest that it may be.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "agent/client/handle.h"
#include "agent/client/last_error.h"

namespace holdfast::client {

inline constexpr size_t kMaxId = 64;  // of a feature, a limit, a key, a product

// HOLDFAST_OK, or the error, which is remembered.
inline int CheckHandle(const holdfast_handle* handle) {
  if (handle == nullptr)
    return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.handle", "the handle is NULL",
                    "see whether holdfast_open failed");
  if (handle->magic.load(std::memory_order_relaxed) != kOpen)
    return Remember(HOLDFAST_CLOSED, "argument.closed", "the handle was closed");
  if (handle->forks != fork_count.load(std::memory_order_relaxed))
    return Remember(HOLDFAST_FORKED, "argument.forked", "the handle is the parent process's",
                    "open another one in the child");
  return HOLDFAST_OK;
}

// A name that may be anything; longer than any feature's it is cut, and then is none.
inline std::string_view Name(const char* text) {
  return {text, ::strnlen(text, kMaxId + 1)};
}

int CheckId(const char* text, const char* check);  // an identifier
int CheckAmount(int64_t amount, int64_t least);
int CheckCapacity(const char* buffer, size_t capacity);

// `text` into the caller's buffer. HOLDFAST_OK, HOLDFAST_BUFFER_TOO_SMALL.
int CopyOut(std::string_view text, char* buffer, size_t capacity, size_t* length);

}  // namespace holdfast::client
