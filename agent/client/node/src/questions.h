// What may wait for the agent: asked on a thread of libuv's pool, answered by a promise.
#pragma once

#include <node_api.h>

#include "arguments.h"

namespace holdfast_node {

// A verdict as a number, which costs nothing to hand over; index.js has an object for each.
inline int32_t Verdict(int code, holdfast_reason reason) {
  return static_cast<int32_t>(reason) * 2 + (code == HOLDFAST_OK ? 1 : 0);
}

// JavaScript: (license, name[, amount]) => Promise, of a verdict; of limitStatus and key, when it is allowed, of the value.
napi_value Acquire(napi_env env, napi_callback_info info);
napi_value Release(napi_env env, napi_callback_info info);  // without an amount: all
napi_value Set(napi_env env, napi_callback_info info);
napi_value Consume(napi_env env, napi_callback_info info);
napi_value LimitStatus(napi_env env, napi_callback_info info);
napi_value Key(napi_env env, napi_callback_info info);

}  // namespace holdfast_node
