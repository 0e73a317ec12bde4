// Errors are values. A function that can fail returns Result<T> (or Status); nothing in the libraries logs,
// exits or throws across an interface.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace holdfast {

// What the caller can do about it, which is also what the command-line exit code and a retry depend on.
enum class ErrorKind {
  kUsage,        // the operator asked for something that does not exist; exit 2
  kMalformed,    // the input is not what it claims to be: truncated, oversized, wrong kind
  kRefused,      // well formed, but a check failed: signature, binding, policy, replay
  kDenied,       // everything is genuine and the license says no; exit 3
  kNotFound,     // a named thing does not exist
  kConflict,     // the state does not allow it now (already done, in progress, limit reached)
  kUnavailable,  // a device, file or peer cannot be reached now; trying again later may help
  kInternal,     // a bug or a broken installation
};

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  // Stable dotted name of the check that failed, such as "request.signature". Tests and `--json` rely on it.
  std::string check;
  // What happened, to what, as one clause without a final period. Never holds a secret.
  std::string message;
  // What to do about it, as one sentence without a final period; may be empty.
  std::string advice;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> Fail(ErrorKind kind, std::string_view check, std::string message,
                                  std::string advice = {}) {
  return tl::unexpected<Error>(Error{kind, std::string(check), std::move(message), std::move(advice)});
}
inline tl::unexpected<Error> Malformed(std::string_view check, std::string message, std::string advice = {}) {
  return Fail(ErrorKind::kMalformed, check, std::move(message), std::move(advice));
}
inline tl::unexpected<Error> Refused(std::string_view check, std::string message, std::string advice = {}) {
  return Fail(ErrorKind::kRefused, check, std::move(message), std::move(advice));
}

// What a family of checks advises in common: the result as it is, but an error without advice gets this one.
template <class T>
Result<T> WithAdvice(Result<T> result, std::string_view advice) {
  if (!result && result.error().advice.empty()) result.error().advice = advice;
  return result;
}

}  // namespace holdfast

#define HOLDFAST_CONCAT_(a, b) a##b
#define HOLDFAST_CONCAT(a, b) HOLDFAST_CONCAT_(a, b)

// HOLDFAST_TRY(auto x, F()): x is the value of F(), or the enclosing function returns F()'s error.
#define HOLDFAST_TRY(declaration, expression) \
  HOLDFAST_TRY_(declaration, expression, HOLDFAST_CONCAT(holdfast_result_, __LINE__))
#define HOLDFAST_TRY_(declaration, expression, result)           \
  auto result = (expression);                                    \
  if (!result) return tl::unexpected(std::move(result.error())); \
  declaration = std::move(*result)

// HOLDFAST_CHECK(F()): the enclosing function returns F()'s error, if there is one.
#define HOLDFAST_CHECK(expression)                               \
  do {                                                           \
    if (auto holdfast_status = (expression); !holdfast_status)   \
      return tl::unexpected(std::move(holdfast_status.error())); \
  } while (false)
