#include "arguments.h"

#include <cmath>
#include <cstring>

#include "failure.h"

namespace holdfast_node {
namespace {

constexpr size_t kMostText = 1024 * 1024;  // more than the library takes of anything

// C ends a text at its first zero octet: "export\0x" would be taken for "export".
bool HasZero(const char* text, size_t length) {
  return std::memchr(text, '\0', length) != nullptr;
}

}  // namespace

Arguments::Arguments(napi_env env, napi_callback_info info) {
  size_t count = kMost;
  napi_get_cb_info(env, info, &count, values_, nullptr, nullptr);
}

License* ToLicense(napi_env env, napi_value value) {
  void* license = nullptr;
  if (napi_get_value_external(env, value, &license) != napi_ok)
    Throw(env, Misuse("argument.license", "this is no license", "open one with holdfast.open"));
  return static_cast<License*>(license);
}

License* ToOpenLicense(napi_env env, napi_value value) {
  License* license = ToLicense(env, value);
  if (license == nullptr || license->handle != nullptr) return license;
  Throw(env, {HOLDFAST_CLOSED, "argument.closed", "the license was closed before", "open another one"});
  return nullptr;
}

bool ToName(napi_env env, napi_value value, Name* name) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, name->text, sizeof name->text, &length) != napi_ok) {
    Throw(env, Misuse("argument.name", "the name is not a string"));
    return false;
  }
  if (!HasZero(name->text, length)) return true;
  Throw(env, Misuse("argument.name", "the name contains a zero character"));
  return false;
}

std::optional<std::string> ToText(napi_env env, napi_value value, const char* what) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) {
    Throw(env, Misuse("argument.text", std::string(what) + " is not a string"));
    return {};
  }
  if (length > kMostText) {
    Throw(env, Misuse("argument.text", std::string(what) + " is too long"));
    return {};
  }
  std::string text(length + 1, '\0');
  napi_get_value_string_utf8(env, value, text.data(), text.size(), &length);
  text.resize(length);
  if (!HasZero(text.data(), length)) return text;
  Throw(env, Misuse("argument.text", std::string(what) + " contains a zero character"));
  return {};
}

std::optional<int64_t> ToInteger(napi_env env, napi_value value, const char* what, int64_t least,
                                 int64_t most) {
  double number = 0;
  const bool is_number = napi_get_value_double(env, value, &number) == napi_ok;
  if (is_number && number == std::trunc(number) && number >= static_cast<double>(least) &&
      number <= static_cast<double>(most))
    return static_cast<int64_t>(number);
  Throw(env, Misuse("argument.amount", std::string(what) + " is not an integer from " +
                                           std::to_string(least) + " to " + std::to_string(most)));
  return {};
}

}  // namespace holdfast_node
