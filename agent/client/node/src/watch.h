// Tells JavaScript of changes, on the event loop of its context and without keeping that alive.
#pragma once

#include <node_api.h>

namespace holdfast_node {

struct License;

// JavaScript: watch(license, listener), unwatch(license). The listener, and what it refers to, is kept until then.
napi_value StartWatch(napi_env env, napi_callback_info info);
napi_value StopWatch(napi_env env, napi_callback_info info);

void StopWatch(License* license);

}  // namespace holdfast_node
