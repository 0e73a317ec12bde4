#include "failure.h"

#include <holdfast.h>

#include <iterator>
#include <utility>

#include "arguments.h"

namespace holdfast_node {
namespace {

napi_value Text(napi_env env, const std::string& text) {
  napi_value value = nullptr;
  napi_create_string_utf8(env, text.data(), text.size(), &value);
  return value;
}

}  // namespace

Failure LastFailure() {
  holdfast_error error{};
  error.size = sizeof error;
  holdfast_last_error(&error);
  return {error.code, error.check, error.message, error.advice};
}

Failure Misuse(const char* check, std::string message, const char* advice) {
  return {HOLDFAST_INVALID_ARGUMENT, check, std::move(message), advice};
}

// There is one factory for each context (the main thread, each worker), kept as its instance data.
napi_value SetErrorFactory(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  napi_ref factory = nullptr;
  if (napi_create_reference(env, arguments[0], 1, &factory) == napi_ok)
    napi_set_instance_data(env, factory, nullptr, nullptr);
  return nullptr;
}

napi_value ErrorOf(napi_env env, const Failure& failure) {
  void* factory = nullptr;
  napi_value make = nullptr, nobody = nullptr, code = nullptr, error = nullptr;
  napi_get_instance_data(env, &factory);
  napi_get_reference_value(env, static_cast<napi_ref>(factory), &make);
  napi_get_undefined(env, &nobody);
  napi_create_int32(env, failure.code, &code);
  napi_value details[] = {code, Text(env, holdfast_result_name(failure.code)), Text(env, failure.check),
                          Text(env, failure.message), Text(env, failure.advice)};
  napi_call_function(env, nobody, make, std::size(details), details, &error);
  return error;
}

napi_value Throw(napi_env env, const Failure& failure) {
  if (const napi_value error = ErrorOf(env, failure); error != nullptr) napi_throw(env, error);
  return nullptr;
}

}  // namespace holdfast_node
