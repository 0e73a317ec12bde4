// The C functions that answer from what the agent said last: checks, values, status, changes. The first three are the hot path.
#include "agent/client/arguments.h"
#include "agent/client/boundary.h"
#include "agent/client/handle.h"

using namespace holdfast;
using namespace holdfast::client;

namespace {

int Answer(const Verdict& verdict, holdfast_reason* reason) {
  if (reason != nullptr) *reason = verdict.reason;
  return verdict.allowed ? HOLDFAST_OK : HOLDFAST_DENIED;
}

int NoName() {
  return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.feature", "the name is NULL");
}

int WrongType(const char* wanted) {
  return Remember(HOLDFAST_WRONG_TYPE, "argument.type", wanted);
}

template <class Read>
int SeeOr(holdfast_handle* handle, Read read) {
  return Guarded([&] { return handle->mirror.See(read); });
}

}  // namespace

int holdfast_check(holdfast_handle* handle, const char* feature, holdfast_reason* reason) {
  if (const int code = CheckHandle(handle); code != HOLDFAST_OK) return code;
  if (feature == nullptr) return NoName();
  const std::string_view name = Name(feature);
  return SeeOr(handle, [&](const Snapshot& said) { return Answer(said.verdicts.Of(name), reason); });
}

int holdfast_integer(holdfast_handle* handle, const char* feature, int64_t* value, holdfast_reason* reason) {
  if (const int code = CheckHandle(handle); code != HOLDFAST_OK) return code;
  if (feature == nullptr || value == nullptr) return NoName();
  const std::string_view name = Name(feature);
  return SeeOr(handle, [&](const Snapshot& said) {
    const Verdict& verdict = said.verdicts.Of(name);
    const auto* number = std::get_if<int64_t>(&verdict.value);
    if (verdict.allowed && number == nullptr) return WrongType("the feature's value is not an integer");
    if (verdict.allowed) *value = *number;
    return Answer(verdict, reason);
  });
}

int holdfast_text(holdfast_handle* handle, const char* feature, char* buffer, size_t capacity, size_t* length,
                  holdfast_reason* reason) {
  if (const int code = CheckHandle(handle); code != HOLDFAST_OK) return code;
  if (feature == nullptr) return NoName();
  if (const int code = CheckCapacity(buffer, capacity); code != HOLDFAST_OK) return code;
  const std::string_view name = Name(feature);
  return SeeOr(handle, [&](const Snapshot& said) {
    const Verdict& verdict = said.verdicts.Of(name);
    const auto* text = std::get_if<std::string>(&verdict.value);
    if (verdict.allowed && text == nullptr) return WrongType("the feature's value is not a text");
    if (verdict.allowed)
      if (const int code = CopyOut(*text, buffer, capacity, length); code != HOLDFAST_OK) return code;
    return Answer(verdict, reason);
  });
}

int holdfast_get_status(holdfast_handle* handle, holdfast_status* status) {
  if (const int code = CheckHandle(handle); code != HOLDFAST_OK) return code;
  if (const int code = CheckStruct(status); code != HOLDFAST_OK) return code;
  return SeeOr(handle, [&](const Snapshot& said) {
    const Standing& standing = said.standing;
    *status = {};
    status->size = sizeof *status;
    status->state = standing.state;
    for (holdfast_reason reason : standing.reasons)
      if (status->reason_count < HOLDFAST_MAX_REASONS) status->reasons[status->reason_count++] = reason;
    status->has_expiry = standing.expires && standing.days_left ? 1 : 0;
    if (status->has_expiry != 0) {
      status->expires = standing.expires->time_since_epoch().count();
      status->days_left = *standing.days_left;
    }
    standing.edition.copy(status->edition, sizeof status->edition - 1);
    return HOLDFAST_OK;
  });
}

int holdfast_status_json(holdfast_handle* handle, char* buffer, size_t capacity, size_t* length) {
  if (const int code = CheckHandle(handle); code != HOLDFAST_OK) return code;
  if (const int code = CheckCapacity(buffer, capacity); code != HOLDFAST_OK) return code;
  return SeeOr(handle,
               [&](const Snapshot& said) { return CopyOut(said.standing.json, buffer, capacity, length); });
}

int holdfast_fd(holdfast_handle* handle, int* fd) {
  if (const int code = CheckHandle(handle); code != HOLDFAST_OK) return code;
  if (fd == nullptr)
    return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.fd", "the place for the descriptor is NULL");
  return Guarded([&] {
    const bool first = !handle->mirror.changes().wanted();
    auto descriptor = handle->mirror.changes().ToPoll();
    if (!descriptor) return Remember(descriptor.error());
    *fd = *descriptor;
    if (first) {
      handle->drained.store(handle->mirror.versions());
      handle->mirror.Watch();  // where there is no agent, the timer looks for one again
    }
    return int{HOLDFAST_OK};
  });
}

int holdfast_drain(holdfast_handle* handle, int* changed) {
  if (const int code = CheckHandle(handle); code != HOLDFAST_OK) return code;
  if (!handle->mirror.changes().wanted())
    return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.fd", "holdfast_fd was not called for this handle");
  return Guarded([&] {
    handle->mirror.Drain();
    const uint64_t version = handle->mirror.versions();
    const bool is_new = handle->drained.exchange(version) != version;
    if (changed != nullptr) *changed = is_new ? 1 : 0;
    return int{HOLDFAST_OK};
  });
}
