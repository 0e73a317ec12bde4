#include "agent/client/arguments.h"

#include "protocol/terms.h"

namespace holdfast::client {

int CheckId(const char* text, const char* check) {
  if (text != nullptr && IsIdentifier(Name(text))) return HOLDFAST_OK;
  return Remember(HOLDFAST_INVALID_ARGUMENT, check, "the name is none",
                  "names are [a-z0-9][a-z0-9._-]{0,63}");
}

int CheckAmount(int64_t amount, int64_t least) {
  if (amount >= least && amount <= kMaxNumber) return HOLDFAST_OK;
  return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.amount", "the amount is not from 1 to 2^53 - 1");
}

int CheckCapacity(const char* buffer, size_t capacity) {
  if (buffer != nullptr || capacity == 0) return HOLDFAST_OK;
  return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.buffer", "the buffer is NULL");
}

int CopyOut(std::string_view text, char* buffer, size_t capacity, size_t* length) {
  if (length != nullptr) *length = text.size();
  if (text.size() >= capacity)
    return Remember(HOLDFAST_BUFFER_TOO_SMALL, "argument.capacity", "the text does not fit into the buffer");
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  return HOLDFAST_OK;
}

}  // namespace holdfast::client
