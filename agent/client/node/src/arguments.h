// What JavaScript hands in, checked before the library sees it. Each reader throws, and returns nothing, when the argument is not what it should be.
#pragma once

#include <holdfast.h>
#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace holdfast_node {

struct Watch;

// What an object of class License has of the library. Questions on their way share the handle, so that it is closed when the last is answered; a
// License that is collected as garbage closes it too.
struct License {
  std::shared_ptr<holdfast_handle> handle;  // nullptr: closed
  Watch* watch = nullptr;                   // while somebody listens to changes
};

class Arguments {
 public:
  static constexpr size_t kMost = 6;

  Arguments(napi_env env, napi_callback_info info);
  napi_value operator[](size_t i) const { return values_[i]; }  // undefined where there is none

 private:
  napi_value values_[kMost];
};

// A name of a feature, a limit or a key. What is longer than any name is cut: it is still longer, and so none.
struct Name {
  char text[72];
};

License* ToLicense(napi_env env, napi_value value);      // one that may be closed
License* ToOpenLicense(napi_env env, napi_value value);  // throws HOLDFAST_CLOSED
bool ToName(napi_env env, napi_value value, Name* name);
std::optional<std::string> ToText(napi_env env, napi_value value, const char* what);
std::optional<int64_t> ToInteger(napi_env env, napi_value value, const char* what, int64_t least,
                                 int64_t most);

constexpr int64_t kMostNumber = (int64_t{1} << 53) - 1;  // Number.MAX_SAFE_INTEGER

}  // namespace holdfast_node
