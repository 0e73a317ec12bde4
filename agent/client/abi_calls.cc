// The C functions that ask the agent each time: limits and content keys.
#include "agent/client/arguments.h"
#include "agent/client/boundary.h"
#include "agent/client/handle.h"

using namespace holdfast;
using namespace holdfast::client;

namespace {

int Answer(const Outcome<LimitDecision>& decision, holdfast_reason* reason) {
  if (!decision) return Remember(decision.error());
  if (reason != nullptr) *reason = decision->reason;
  return decision->allowed ? HOLDFAST_OK : HOLDFAST_DENIED;
}

int CheckLimit(const holdfast_handle* handle, const char* limit) {
  const int code = CheckHandle(handle);
  return code == HOLDFAST_OK ? CheckId(limit, "argument.limit") : code;
}

int CheckLimit(const holdfast_handle* handle, const char* limit, int64_t amount, int64_t least) {
  const int code = CheckLimit(handle, limit);
  return code == HOLDFAST_OK ? CheckAmount(amount, least) : code;
}

}  // namespace

int holdfast_acquire(holdfast_handle* handle, const char* limit, int64_t amount, holdfast_reason* reason) {
  if (const int code = CheckLimit(handle, limit, amount, 1); code != HOLDFAST_OK) return code;
  return Guarded([&] { return Answer(handle->calls.Hold(limit, amount), reason); });
}

int holdfast_release(holdfast_handle* handle, const char* limit, int64_t amount) {
  const bool all = amount == HOLDFAST_ALL;
  if (const int code = CheckLimit(handle, limit, all ? 1 : amount, 1); code != HOLDFAST_OK) return code;
  return Guarded([&] {
    const int code =
        Answer(handle->calls.Release(limit, all ? std::nullopt : std::optional(amount)), nullptr);
    return code == HOLDFAST_DENIED ? int{HOLDFAST_OK} : code;  // giving back is always allowed
  });
}

int holdfast_set(holdfast_handle* handle, const char* limit, int64_t amount, holdfast_reason* reason) {
  if (const int code = CheckLimit(handle, limit, amount, 0); code != HOLDFAST_OK) return code;
  return Guarded([&] { return Answer(handle->calls.Set(limit, amount), reason); });
}

int holdfast_consume(holdfast_handle* handle, const char* meter, int64_t amount, holdfast_reason* reason) {
  if (const int code = CheckLimit(handle, meter, amount, 1); code != HOLDFAST_OK) return code;
  return Guarded([&] { return Answer(handle->calls.Consume(meter, amount), reason); });
}

int holdfast_limit_status(holdfast_handle* handle, const char* limit, holdfast_limit* status,
                          holdfast_reason* reason) {
  if (const int code = CheckLimit(handle, limit); code != HOLDFAST_OK) return code;
  if (const int code = CheckStruct(status); code != HOLDFAST_OK) return code;
  return Guarded([&] {
    const auto figures = handle->calls.Figures(limit);
    if (!figures) return Remember(figures.error());
    if (!figures->known) return Answer(LimitDecision{false, HOLDFAST_REASON_UNKNOWN_LIMIT}, reason);
    status->max = figures->max;
    status->used = figures->used.value_or(-1);
    status->held = figures->held;
    if (reason != nullptr) *reason = HOLDFAST_REASON_ACTIVE;
    return int{HOLDFAST_OK};
  });
}

int holdfast_key(holdfast_handle* handle, const char* name, uint8_t key[HOLDFAST_KEY_SIZE],
                 holdfast_reason* reason) {
  if (const int code = CheckHandle(handle); code != HOLDFAST_OK) return code;
  if (const int code = CheckId(name, "argument.key"); code != HOLDFAST_OK) return code;
  if (key == nullptr)
    return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.key", "the place for the key is NULL");
  return Guarded([&] { return Answer(handle->calls.Key(name, key), reason); });
}
