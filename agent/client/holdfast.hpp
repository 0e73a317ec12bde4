// libholdfast for C++17: owners and values in place of pointers and buffers. Header only; link with -lholdfast. What each call does, its errors and
// what threads may do is in holdfast.h. Nothing here throws by itself (std::bad_alloc apart): an answer says what came of the call.
//
//   auto opened = holdfast::Client::Open({.product = "acme-cad", .roots_pem = kRoots});      // C++20; or set the members one by one
//   if (!opened) return Report(opened.error());
//   if (opened->Check("export")) Export();
#ifndef HOLDFAST_HPP
#define HOLDFAST_HPP

#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "holdfast.h"

namespace holdfast {

// What a call came to: a value when it is HOLDFAST_OK.
template <class T>
class Answer {
 public:
  Answer(int code, holdfast_reason reason, std::optional<T> value, holdfast_error error)
      : code_(code), reason_(reason), value_(std::move(value)), error_(error) {}

  explicit operator bool() const { return code_ == HOLDFAST_OK; }
  int code() const { return code_; }  // HOLDFAST_OK, HOLDFAST_DENIED, or an error, which is negative
  bool denied() const { return code_ == HOLDFAST_DENIED; }
  holdfast_reason reason() const { return reason_; }      // also of what is allowed; only without an error
  const holdfast_error& error() const { return error_; }  // only of an error
  const T& operator*() const { return *value_; }          // only when it is true
  T& operator*() { return *value_; }
  const T* operator->() const { return &*value_; }
  T* operator->() { return &*value_; }
  T value_or(T otherwise) const { return value_ ? *value_ : std::move(otherwise); }

 private:
  int code_;
  holdfast_reason reason_;
  std::optional<T> value_;
  holdfast_error error_;
};

// The same without a value, as small as can be: checks are made often.
class Verdict {
 public:
  Verdict(int code, holdfast_reason reason) : code_(code), reason_(reason) {}
  explicit operator bool() const { return code_ == HOLDFAST_OK; }
  int code() const { return code_; }
  bool denied() const { return code_ == HOLDFAST_DENIED; }
  holdfast_reason reason() const { return reason_; }  // also of what is allowed; only without an error
  // Only of an error, and as long as this thread has met no other one.
  holdfast_error error() const {
    holdfast_error error{};
    error.size = sizeof error;
    holdfast_last_error(&error);
    return error;
  }

 private:
  int code_;
  holdfast_reason reason_;
};

struct ClientOptions {
  std::string product, roots_pem;
  std::string socket = {};   // empty: the agent's usual one
  uint32_t timeout_ms = 0;   // 0: 2,000
  bool open_anyway = false;  // HOLDFAST_OPEN_ANYWAY
};

struct LimitStatus {
  int64_t max = 0, held = 0;
  std::optional<int64_t> used;  // nothing: not known yet
};

using Key = std::array<uint8_t, HOLDFAST_KEY_SIZE>;  // overwrite it after use

class Client {
 public:
  static Answer<Client> Open(const ClientOptions& options) {
    holdfast_options c{};
    c.size = sizeof c;
    c.product = options.product.c_str();
    c.roots_pem = options.roots_pem.c_str();
    c.socket = options.socket.empty() ? nullptr : options.socket.c_str();
    c.timeout_ms = options.timeout_ms;
    c.flags = options.open_anyway ? static_cast<uint32_t>(HOLDFAST_OPEN_ANYWAY) : 0u;
    holdfast_handle* handle = nullptr;
    const int code = holdfast_open(&c, &handle);
    return Made<Client>(code, HOLDFAST_REASON_OTHER, [&] { return Client(handle); });
  }

  Verdict Check(std::string_view feature) const {
    holdfast_reason reason = HOLDFAST_REASON_OTHER;
    const int code = holdfast_check(handle_.get(), Name(feature).text, &reason);
    return {code, reason};
  }
  Answer<int64_t> Integer(std::string_view feature) const {
    holdfast_reason reason = HOLDFAST_REASON_OTHER;
    int64_t value = 0;
    const int code = holdfast_integer(handle_.get(), Name(feature).text, &value, &reason);
    return Made<int64_t>(code, reason, [&] { return value; });
  }
  Answer<std::string> Text(std::string_view feature) const {
    holdfast_reason reason = HOLDFAST_REASON_OTHER;
    char text[257];
    size_t length = 0;
    const int code = holdfast_text(handle_.get(), Name(feature).text, text, sizeof text, &length, &reason);
    return Made<std::string>(code, reason, [&] { return std::string(text, length); });
  }

  Verdict Acquire(std::string_view limit, int64_t amount = 1) const {
    holdfast_reason reason = HOLDFAST_REASON_OTHER;
    const int code = holdfast_acquire(handle_.get(), Name(limit).text, amount, &reason);
    return {code, reason};
  }
  Verdict Release(std::string_view limit, int64_t amount = HOLDFAST_ALL) const {
    const int code = holdfast_release(handle_.get(), Name(limit).text, amount);
    return {code, HOLDFAST_REASON_OTHER};
  }
  Verdict Set(std::string_view limit, int64_t amount) const {
    holdfast_reason reason = HOLDFAST_REASON_OTHER;
    const int code = holdfast_set(handle_.get(), Name(limit).text, amount, &reason);
    return {code, reason};
  }
  Verdict Consume(std::string_view meter, int64_t amount = 1) const {
    holdfast_reason reason = HOLDFAST_REASON_OTHER;
    const int code = holdfast_consume(handle_.get(), Name(meter).text, amount, &reason);
    return {code, reason};
  }
  Answer<LimitStatus> Limit(std::string_view limit) const {
    holdfast_reason reason = HOLDFAST_REASON_OTHER;
    holdfast_limit status{};
    status.size = sizeof status;
    const int code = holdfast_limit_status(handle_.get(), Name(limit).text, &status, &reason);
    return Made<LimitStatus>(code, reason, [&] {
      return LimitStatus{status.max, status.held,
                         status.used < 0 ? std::nullopt : std::optional<int64_t>(status.used)};
    });
  }
  Answer<Key> ContentKey(std::string_view name) const {
    holdfast_reason reason = HOLDFAST_REASON_OTHER;
    Key key{};
    const int code = holdfast_key(handle_.get(), Name(name).text, key.data(), &reason);
    return Made<Key>(code, reason, [&] { return key; });
  }

  Answer<holdfast_status> Status() const {
    holdfast_status status{};
    status.size = sizeof status;
    const int code = holdfast_get_status(handle_.get(), &status);
    return Made<holdfast_status>(code, status.reason_count > 0 ? status.reasons[0] : HOLDFAST_REASON_OTHER,
                                 [&] { return status; });
  }
  Answer<std::string> StatusJson() const {
    std::vector<char> text(4096);
    size_t length = 0;
    int code = HOLDFAST_OK;
    while ((code = holdfast_status_json(handle_.get(), text.data(), text.size(), &length)) ==
           HOLDFAST_BUFFER_TOO_SMALL)
      text.resize(length + 1);
    return Made<std::string>(code, HOLDFAST_REASON_OTHER, [&] { return std::string(text.data(), length); });
  }

  Answer<int> Descriptor() const {
    int fd = -1;
    const int code = holdfast_fd(handle_.get(), &fd);
    return Made<int>(code, HOLDFAST_REASON_OTHER, [&] { return fd; });
  }
  Answer<bool> Drain() const {
    int changed = 0;
    const int code = holdfast_drain(handle_.get(), &changed);
    return Made<bool>(code, HOLDFAST_REASON_OTHER, [&] { return changed != 0; });
  }

  holdfast_handle* get() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(holdfast_handle* handle) const { holdfast_close(handle); }
  };
  explicit Client(holdfast_handle* handle) : handle_(handle) {}

  // A name with a zero octet behind it, without allocation. What is longer than any name becomes one that there is not.
  struct Name {
    explicit Name(std::string_view name) {
      const size_t size = name.size() < sizeof text ? name.size() : sizeof text - 1;
      name.copy(text, size);  // also of nothing, which has no address
      text[size] = '\0';
      // What has a zero octet inside is no name either.
      if (std::memchr(text, '\0', size) != nullptr) std::memcpy(text, "?", 2);
    }
    char text[66];
  };

  template <class T, class Make>
  static Answer<T> Made(int code, holdfast_reason reason, Make make) {
    holdfast_error error{};
    error.size = sizeof error;
    if (code < 0) holdfast_last_error(&error);
    std::optional<T> value;
    if (code == HOLDFAST_OK) value.emplace(make());
    return Answer<T>(code, reason, std::move(value), error);
  }

  std::unique_ptr<holdfast_handle, Close> handle_;
};

}  // namespace holdfast

#endif  // HOLDFAST_HPP
