// What went wrong, and how it becomes an exception: index.js hands in what makes one of its classes, so that they are written in JavaScript.
#pragma once

#include <node_api.h>

#include <string>

namespace holdfast_node {

struct Failure {
  int code = 0;  // HOLDFAST_..., negative
  std::string check, message, advice;
};

Failure LastFailure();  // of the library's last call on this thread
Failure Misuse(const char* check, std::string message, const char* advice = "");

// JavaScript: setErrorFactory((code, name, check, message, advice) => Error)
napi_value SetErrorFactory(napi_env env, napi_callback_info info);

napi_value ErrorOf(napi_env env, const Failure& failure);  // nullptr: JavaScript cannot be run any more

// Always nullptr, which is what a function returns that throws.
napi_value Throw(napi_env env, const Failure& failure);

}  // namespace holdfast_node
