#include "agent/client/last_error.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace holdfast::client {
namespace {

thread_local constinit holdfast_error last_error{};

// Cut between characters when it is too long.
template <size_t N>
void Copy(std::string_view from, char (&to)[N]) {
  size_t n = std::min(from.size(), N - 1);
  if (n < from.size())
    while (n > 0 && (static_cast<unsigned char>(from[n]) & 0xC0) == 0x80) n--;
  std::memcpy(to, from.data(), n);
  std::memset(to + n, 0, N - n);
}

void Write(int code, std::string_view check, std::string_view message, std::string_view advice,
           holdfast_error& error) {
  error.code = code;
  error.reserved = 0;
  Copy(check, error.check);
  Copy(message, error.message);
  Copy(advice, error.advice);
}

}  // namespace

int Remember(const Failure& failure) {
  Write(failure, last_error);
  return failure.code;
}

int Remember(int code, const char* check, const char* message, const char* advice) {
  Write(code, check, message, advice, last_error);
  return code;
}

const holdfast_error& LastError() {
  return last_error;
}

void Write(const Failure& failure, holdfast_error& error) {
  Write(failure.code, failure.error.check, failure.error.message, failure.error.advice, error);
}

}  // namespace holdfast::client
