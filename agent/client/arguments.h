// What applications hand in, checked before it is used. Nothing is read beyond the longest that it may be.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "agent/client/last_error.h"

namespace holdfast::client {

inline constexpr size_t kMaxId = 64;  // of a feature, a limit, a key, a product

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
