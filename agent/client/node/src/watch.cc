#include "watch.h"

#include <uv.h>

#include "arguments.h"
#include "failure.h"

namespace holdfast_node {

// The library's descriptor is polled by the event loop. When it is readable, a thread of the pool drains it, because that asks the agent; the loop polls
// again when that is done. It is deleted when it is stopped and neither of the two has it any more.
struct Watch {
  napi_env env;
  std::shared_ptr<holdfast_handle> handle;
  napi_ref listener = nullptr;
  napi_async_cleanup_hook_handle cleanup = nullptr;
  uv_poll_t poll{};
  napi_async_work draining = nullptr;
  int drained = HOLDFAST_OK, changed = 0;
  bool stopped = false, closed = false;
};

namespace {

void Poll(Watch* watch);

void DeleteIfOver(Watch* watch) {
  if (!watch->closed || watch->draining != nullptr) return;
  napi_remove_async_cleanup_hook(watch->cleanup);
  delete watch;
}

void Stop(Watch* watch) {
  if (watch->stopped) return;
  watch->stopped = true;
  napi_delete_reference(watch->env, watch->listener);
  uv_close(reinterpret_cast<uv_handle_t*>(&watch->poll), [](uv_handle_t* poll) {
    auto* closed = static_cast<Watch*>(poll->data);
    closed->closed = true;
    DeleteIfOver(closed);
  });
}

void Drain(napi_env, void* data) {
  auto* watch = static_cast<Watch*>(data);
  watch->changed = 0;
  watch->drained = holdfast_drain(watch->handle.get(), &watch->changed);
}

void Tell(napi_env env, Watch* watch) {
  napi_value nobody = nullptr, listener = nullptr;
  napi_get_undefined(env, &nobody);
  if (napi_get_reference_value(env, watch->listener, &listener) == napi_ok)
    napi_call_function(env, nobody, listener, 0, nullptr,
                       nullptr);  // what it throws is uncaught, as of any event
}

void Drained(napi_env env, napi_status, void* data) {
  auto* watch = static_cast<Watch*>(data);
  napi_delete_async_work(env, watch->draining);
  watch->draining = nullptr;
  if (watch->stopped) return DeleteIfOver(watch);
  const bool works = watch->drained == HOLDFAST_OK;
  if (works) Poll(watch);
  // Where it does not, the listener's next call says why. This is the last, because the listener may stop and close.
  if (!works || watch->changed != 0) Tell(env, watch);
}

void Readable(uv_poll_t* poll, int, int) {
  auto* watch = static_cast<Watch*>(poll->data);
  uv_poll_stop(poll);
  napi_handle_scope scope = nullptr;
  napi_open_handle_scope(watch->env, &scope);
  napi_value label = nullptr;
  napi_create_string_utf8(watch->env, "holdfast.change", NAPI_AUTO_LENGTH, &label);
  if (napi_create_async_work(watch->env, nullptr, label, Drain, Drained, watch, &watch->draining) == napi_ok)
    napi_queue_async_work(watch->env, watch->draining);
  napi_close_handle_scope(watch->env, scope);
}

void Poll(Watch* watch) {
  uv_poll_start(&watch->poll, UV_READABLE, Readable);
}

}  // namespace

napi_value StartWatch(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  License* license = ToOpenLicense(env, arguments[0]);
  if (license == nullptr || license->watch != nullptr) return nullptr;
  int fd = -1;
  uv_loop_s* loop = nullptr;
  if (holdfast_fd(license->handle.get(), &fd) != HOLDFAST_OK) return Throw(env, LastFailure());
  auto watch = std::make_unique<Watch>();
  watch->env = env;
  watch->handle = license->handle;
  watch->poll.data = watch.get();
  if (napi_get_uv_event_loop(env, &loop) != napi_ok || uv_poll_init(loop, &watch->poll, fd) != 0)
    return Throw(env, {HOLDFAST_SYSTEM, "host.poll", "the descriptor of changes cannot be polled", ""});
  uv_unref(reinterpret_cast<uv_handle_t*>(&watch->poll));
  napi_create_reference(env, arguments[1], 1, &watch->listener);
  napi_add_async_cleanup_hook(
      env, [](napi_async_cleanup_hook_handle, void* data) { Stop(static_cast<Watch*>(data)); }, watch.get(),
      &watch->cleanup);
  Poll(watch.get());
  license->watch = watch.release();
  return nullptr;
}

void StopWatch(License* license) {
  if (license->watch != nullptr) Stop(license->watch);
  license->watch = nullptr;
}

napi_value StopWatch(napi_env env, napi_callback_info info) {
  if (License* license = ToLicense(env, Arguments(env, info)[0]); license != nullptr) StopWatch(license);
  return nullptr;
}

}  // namespace holdfast_node
