// The addon that index.js loads: the functions of holdfast.h that answer at once, and all their names. The others are in questions.h and watch.h.
#include <holdfast.h>

#include <string_view>

#include "arguments.h"
#include "failure.h"
#include "questions.h"
#include "watch.h"

namespace holdfast_node {
namespace {

napi_value Number(napi_env env, int64_t number) {
  napi_value value = nullptr;
  napi_create_int64(env, number, &value);
  return value;
}

napi_value Text(napi_env env, std::string_view text) {
  napi_value value = nullptr;
  napi_create_string_utf8(env, text.data(), text.size(), &value);
  return value;
}

// open(product, rootsPem, socket or undefined, timeoutMs, flags)
napi_value Open(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  napi_valuetype socket_type = napi_undefined;
  napi_typeof(env, arguments[2], &socket_type);
  std::optional<std::string> product, roots, socket = "";
  std::optional<int64_t> timeout, flags;
  // Each has thrown when it is nothing.
  if (!(product = ToText(env, arguments[0], "product")) || !(roots = ToText(env, arguments[1], "rootsPem")) ||
      (socket_type != napi_undefined && !(socket = ToText(env, arguments[2], "socket"))) ||
      !(timeout = ToInteger(env, arguments[3], "timeoutMs", 0, UINT32_MAX)) ||
      !(flags = ToInteger(env, arguments[4], "flags", 0, UINT32_MAX)))
    return nullptr;

  const holdfast_options options = {sizeof options,
                                    product->c_str(),
                                    roots->c_str(),
                                    socket_type == napi_undefined ? nullptr : socket->c_str(),
                                    static_cast<uint32_t>(*timeout),
                                    static_cast<uint32_t>(*flags)};
  holdfast_handle* handle = nullptr;
  if (holdfast_open(&options, &handle) != HOLDFAST_OK) return Throw(env, LastFailure());
  auto license = std::make_unique<License>();
  license->handle.reset(handle, holdfast_close);
  napi_value external = nullptr;
  const auto collected = [](napi_env, void* data, void*) { delete static_cast<License*>(data); };
  if (napi_create_external(env, license.get(), collected, nullptr, &external) == napi_ok)
    static_cast<void>(license.release());  // it is the external's
  return external;
}

napi_value Close(napi_env env, napi_callback_info info) {
  License* license = ToLicense(env, Arguments(env, info)[0]);
  if (license == nullptr) return nullptr;
  StopWatch(license);
  license->handle.reset();
  return nullptr;
}

// check(license, feature): the verdict
napi_value Check(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  const License* license = ToOpenLicense(env, arguments[0]);
  Name feature;
  if (license == nullptr || !ToName(env, arguments[1], &feature)) return nullptr;
  holdfast_reason reason = HOLDFAST_REASON_OTHER;
  const int code = holdfast_check(license->handle.get(), feature.text, &reason);
  if (code < 0) return Throw(env, LastFailure());
  napi_value verdict = nullptr;
  napi_create_int32(env, Verdict(code, reason), &verdict);
  return verdict;
}

// integer(license, feature): the value; undefined: denied
napi_value Integer(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  const License* license = ToOpenLicense(env, arguments[0]);
  Name feature;
  if (license == nullptr || !ToName(env, arguments[1], &feature)) return nullptr;
  int64_t value = 0;
  const int code = holdfast_integer(license->handle.get(), feature.text, &value, nullptr);
  if (code < 0) return Throw(env, LastFailure());
  return code == HOLDFAST_DENIED ? nullptr : Number(env, value);
}

// text(license, feature): the value; undefined: denied
napi_value FeatureText(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  const License* license = ToOpenLicense(env, arguments[0]);
  Name feature;
  if (license == nullptr || !ToName(env, arguments[1], &feature)) return nullptr;
  char value[257];  // the longest is 256 octets
  size_t length = 0;
  const int code = holdfast_text(license->handle.get(), feature.text, value, sizeof value, &length, nullptr);
  if (code < 0) return Throw(env, LastFailure());
  return code == HOLDFAST_DENIED ? nullptr : Text(env, {value, length});
}

// status(license): [state, edition, expires, days left, reasons], the third undefined where there is no expiry
napi_value Status(napi_env env, napi_callback_info info) {
  const License* license = ToOpenLicense(env, Arguments(env, info)[0]);
  if (license == nullptr) return nullptr;
  holdfast_status status{};
  status.size = sizeof status;
  if (holdfast_get_status(license->handle.get(), &status) != HOLDFAST_OK) return Throw(env, LastFailure());
  napi_value fields = nullptr, reasons = nullptr, nothing = nullptr;
  napi_get_undefined(env, &nothing);
  napi_create_array(env, &fields);
  napi_create_array(env, &reasons);
  for (uint32_t i = 0; i < status.reason_count; i++)
    napi_set_element(env, reasons, i, Number(env, status.reasons[i]));
  napi_set_element(env, fields, 0, Text(env, holdfast_state_name(status.state)));
  napi_set_element(env, fields, 1, Text(env, status.edition));
  napi_set_element(env, fields, 2, status.has_expiry != 0 ? Number(env, status.expires) : nothing);
  napi_set_element(env, fields, 3, Number(env, status.days_left));
  napi_set_element(env, fields, 4, reasons);
  return fields;
}

napi_value StatusJson(napi_env env, napi_callback_info info) {
  const License* license = ToOpenLicense(env, Arguments(env, info)[0]);
  if (license == nullptr) return nullptr;
  std::string json(4096, '\0');
  size_t length = 0;
  int code = HOLDFAST_BUFFER_TOO_SMALL;
  // What it says may grow in between.
  while ((code = holdfast_status_json(license->handle.get(), json.data(), json.size(), &length)) ==
         HOLDFAST_BUFFER_TOO_SMALL)
    json.resize(length + 1);
  return code < 0 ? Throw(env, LastFailure()) : Text(env, {json.data(), length});
}

// agentError(license): an Error that is not thrown; undefined: the agent is believed
napi_value AgentError(napi_env env, napi_callback_info info) {
  const License* license = ToOpenLicense(env, Arguments(env, info)[0]);
  if (license == nullptr) return nullptr;
  holdfast_error error{};
  error.size = sizeof error;
  if (holdfast_agent_error(license->handle.get(), &error) != HOLDFAST_OK) return Throw(env, LastFailure());
  if (error.code == HOLDFAST_OK) return nullptr;
  return ErrorOf(env, {error.code, error.check, error.message, error.advice});
}

// reason(number): [name, advice]
napi_value Reason(napi_env env, napi_callback_info info) {
  const auto number = ToInteger(env, Arguments(env, info)[0], "the reason", 0, INT32_MAX);
  if (!number) return nullptr;
  const auto reason = static_cast<holdfast_reason>(*number);
  napi_value fields = nullptr;
  napi_create_array(env, &fields);
  napi_set_element(env, fields, 0, Text(env, holdfast_reason_name(reason)));
  napi_set_element(env, fields, 1, Text(env, holdfast_reason_advice(reason)));
  return fields;
}

napi_value Nothing(napi_env, napi_callback_info) {
  return nullptr;
}

}  // namespace
}  // namespace holdfast_node

// May run once in each context of a process: nothing here is static.
NAPI_MODULE_INIT() {
  using namespace holdfast_node;
  const auto function = [](const char* name, napi_callback call) {
    return napi_property_descriptor{name, nullptr, call, nullptr, nullptr, nullptr, napi_default, nullptr};
  };
  const napi_property_descriptor properties[] = {
      function("setErrorFactory", SetErrorFactory),
      function("open", Open),
      function("close", Close),
      function("check", Check),
      function("integer", Integer),
      function("text", FeatureText),
      function("status", Status),
      function("statusJson", StatusJson),
      function("agentError", AgentError),
      function("reason", Reason),
      function("acquire", Acquire),
      function("release", Release),
      function("set", Set),
      function("consume", Consume),
      function("limitStatus", LimitStatus),
      function("key", Key),
      function("watch", StartWatch),
      function("unwatch", StopWatch),
      function("nothing", Nothing),  // what an empty call costs, for bench.js
      {"version", nullptr, nullptr, nullptr, nullptr, Text(env, holdfast_version()), napi_enumerable,
       nullptr},
  };
  napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties);
  return exports;
}
