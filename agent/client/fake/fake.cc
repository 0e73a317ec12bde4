// libholdfast-fake: the functions of holdfast.h, saying what a file of the developer's says (decisions.h). For the tests of applications, without agent, TPM
// and license. It is a library of its own with a soname of its own: whoever links libholdfast never meets it.
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "agent/client/arguments.h"
#include "agent/client/boundary.h"
#include "agent/client/descriptor.h"
#include "agent/client/fake/decisions.h"
#include "agent/client/names.h"

using namespace holdfast;
using namespace holdfast::client;
using fake::Decisions;

struct holdfast_handle {
  std::string file;
  std::mutex mutex;
  std::map<std::string, int64_t> held, used;  // under mutex
  Descriptor changes;                         // under mutex
};

namespace {

// The answer of `decide`, from the file as it is now.
template <class Decide>
int Say(holdfast_handle* handle, const char* name, holdfast_reason* reason, Decide decide) {
  if (handle == nullptr || name == nullptr)
    return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.null", "the handle or the name is NULL");
  return Guarded([&] {
    const auto decisions = fake::Read(handle->file);
    if (!decisions) return Remember(decisions.error());
    const std::lock_guard hold(handle->mutex);
    holdfast_reason why = decisions->reasons.front();
    const int code = decide(*decisions, why);
    if (code >= 0 && reason != nullptr) *reason = why;
    return code;
  });
}

int Denied(holdfast_reason& why, holdfast_reason reason) {
  why = reason;
  return HOLDFAST_DENIED;
}

// The feature's value; else nullptr, and why not.
const FeatureValue* Find(const Decisions& decisions, std::string_view feature, holdfast_reason& why) {
  const std::string name(feature);
  const auto denied = decisions.denied.find(name);
  const auto granted = decisions.features.find(name);
  if (denied == decisions.denied.end() && granted != decisions.features.end()) return &granted->second;
  why = denied == decisions.denied.end() ? HOLDFAST_REASON_UNKNOWN_FEATURE : denied->second;
  return nullptr;
}

template <class Value, class Take>
int SayValue(holdfast_handle* handle, const char* feature, holdfast_reason* reason, Take take) {
  return Say(handle, feature, reason, [&](const Decisions& decisions, holdfast_reason& why) {
    const FeatureValue* value = Find(decisions, Name(feature), why);
    if (value == nullptr) return int{HOLDFAST_DENIED};
    const auto* wanted = std::get_if<Value>(value);
    if (wanted == nullptr)
      return Remember(HOLDFAST_WRONG_TYPE, "argument.type", "the feature's value is of another kind");
    return take(*wanted);
  });
}

// Makes `count` of the limit `wanted(count)`, unless that is more than there is.
template <class Wanted>
int Count(holdfast_handle* handle, const char* limit, holdfast_reason* reason,
          std::map<std::string, int64_t> holdfast_handle::*counts, Wanted wanted) {
  return Say(handle, limit, reason, [&](const Decisions& decisions, holdfast_reason& why) {
    const auto found = decisions.limits.find(limit);
    if (found == decisions.limits.end()) return Denied(why, HOLDFAST_REASON_UNKNOWN_LIMIT);
    int64_t& count = (handle->*counts)[limit];
    const int64_t next = wanted(count);
    if (next > count && next > found->second) return Denied(why, HOLDFAST_REASON_LIMIT_REACHED);
    count = next;
    return int{HOLDFAST_OK};
  });
}

int CheckAmountOf(const char* limit, int64_t amount, int64_t least) {
  const int code = CheckId(limit, "argument.limit");
  return code == HOLDFAST_OK ? CheckAmount(amount, least) : code;
}

}  // namespace

int holdfast_open(const holdfast_options* options, holdfast_handle** handle) {
  if (handle == nullptr)
    return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.handle", "the place for the handle is NULL");
  *handle = nullptr;
  if (const int code = CheckStruct(options); code != HOLDFAST_OK) return code;
  return Guarded([&] {
    const char* file = std::getenv("HOLDFAST_FAKE");
    auto opened = std::make_unique<holdfast_handle>();
    opened->file = file == nullptr ? "" : file;
    if (const auto decisions = fake::Read(opened->file); !decisions) return Remember(decisions.error());
    std::fprintf(stderr, "libholdfast-fake: decisions come from %s; this is no license\n", file);
    *handle = opened.release();
    return int{HOLDFAST_OK};
  });
}

void holdfast_close(holdfast_handle* handle) {
  delete handle;
}

int holdfast_check(holdfast_handle* handle, const char* feature, holdfast_reason* reason) {
  return Say(handle, feature, reason, [&](const Decisions& decisions, holdfast_reason& why) {
    return Find(decisions, Name(feature), why) == nullptr ? HOLDFAST_DENIED : HOLDFAST_OK;
  });
}

int holdfast_integer(holdfast_handle* handle, const char* feature, int64_t* value, holdfast_reason* reason) {
  return SayValue<int64_t>(handle, feature, reason, [&](int64_t number) {
    *value = number;
    return int{HOLDFAST_OK};
  });
}

int holdfast_text(holdfast_handle* handle, const char* feature, char* buffer, size_t capacity, size_t* length,
                  holdfast_reason* reason) {
  if (const int code = CheckCapacity(buffer, capacity); code != HOLDFAST_OK) return code;
  return SayValue<std::string>(handle, feature, reason, [&](const std::string& text) {
    return CopyOut(text, buffer, capacity, length);
  });
}

int holdfast_acquire(holdfast_handle* handle, const char* limit, int64_t amount, holdfast_reason* reason) {
  if (const int code = CheckAmountOf(limit, amount, 1); code != HOLDFAST_OK) return code;
  return Count(handle, limit, reason, &holdfast_handle::held, [&](int64_t held) { return held + amount; });
}

int holdfast_release(holdfast_handle* handle, const char* limit, int64_t amount) {
  const bool all = amount == HOLDFAST_ALL;
  if (const int code = CheckAmountOf(limit, all ? 1 : amount, 1); code != HOLDFAST_OK) return code;
  const int code = Count(handle, limit, nullptr, &holdfast_handle::held,
                         [&](int64_t held) { return all ? 0 : std::max<int64_t>(held - amount, 0); });
  return code == HOLDFAST_DENIED ? int{HOLDFAST_OK} : code;
}

int holdfast_set(holdfast_handle* handle, const char* limit, int64_t amount, holdfast_reason* reason) {
  if (const int code = CheckAmountOf(limit, amount, 0); code != HOLDFAST_OK) return code;
  return Count(handle, limit, reason, &holdfast_handle::held, [&](int64_t) { return amount; });
}

int holdfast_consume(holdfast_handle* handle, const char* meter, int64_t amount, holdfast_reason* reason) {
  if (const int code = CheckAmountOf(meter, amount, 1); code != HOLDFAST_OK) return code;
  return Count(handle, meter, reason, &holdfast_handle::used, [&](int64_t used) { return used + amount; });
}

int holdfast_limit_status(holdfast_handle* handle, const char* limit, holdfast_limit* status,
                          holdfast_reason* reason) {
  if (const int code = CheckStruct(status); code != HOLDFAST_OK) return code;
  return Say(handle, limit, reason, [&](const Decisions& decisions, holdfast_reason& why) {
    const auto found = decisions.limits.find(std::string(Name(limit)));
    if (found == decisions.limits.end()) return Denied(why, HOLDFAST_REASON_UNKNOWN_LIMIT);
    status->max = found->second;
    status->held = handle->held[found->first];
    status->used = handle->used[found->first] + status->held;
    return int{HOLDFAST_OK};
  });
}

int holdfast_key(holdfast_handle* handle, const char* name, uint8_t key[HOLDFAST_KEY_SIZE],
                 holdfast_reason* reason) {
  return Say(handle, name, reason, [&](const Decisions& decisions, holdfast_reason& why) {
    const auto found = decisions.keys.find(std::string(Name(name)));
    if (found == decisions.keys.end()) return Denied(why, HOLDFAST_REASON_UNKNOWN_KEY);
    std::memcpy(key, found->second.data(), HOLDFAST_KEY_SIZE);
    return int{HOLDFAST_OK};
  });
}

int holdfast_get_status(holdfast_handle* handle, holdfast_status* status) {
  if (const int code = CheckStruct(status); code != HOLDFAST_OK) return code;
  return Say(handle, "", nullptr, [&](const Decisions& decisions, holdfast_reason&) {
    *status = {};
    status->size = sizeof *status;
    status->state = decisions.state;
    for (holdfast_reason reason : decisions.reasons) status->reasons[status->reason_count++] = reason;
    status->has_expiry = decisions.expires ? 1 : 0;
    if (decisions.expires) {
      status->expires = decisions.expires->time_since_epoch().count();
      status->days_left = decisions.days_left;
    }
    decisions.edition.copy(status->edition, sizeof status->edition - 1);
    return int{HOLDFAST_OK};
  });
}

int holdfast_status_json(holdfast_handle* handle, char* buffer, size_t capacity, size_t* length) {
  if (const int code = CheckCapacity(buffer, capacity); code != HOLDFAST_OK) return code;
  return Say(handle, "", nullptr, [&](const Decisions& decisions, holdfast_reason&) {
    return CopyOut(decisions.text, buffer, capacity, length);
  });
}

// Readable when something has happened to the file.
int holdfast_fd(holdfast_handle* handle, int* fd) {
  if (fd == nullptr)
    return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.fd", "the place for the descriptor is NULL");
  return Say(handle, "", nullptr, [&](const Decisions&, holdfast_reason&) {
    if (!handle->changes.valid()) {
      Descriptor inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
      const size_t slash = handle->file.rfind('/');
      const std::string directory = slash == std::string::npos ? "." : handle->file.substr(0, slash + 1);
      if (::inotify_add_watch(inotify.get(), directory.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO) < 0)
        return Remember(HOLDFAST_SYSTEM, "host.descriptors", "no descriptor can be made to poll");
      handle->changes = std::move(inotify);
    }
    *fd = handle->changes.get();
    return int{HOLDFAST_OK};
  });
}

int holdfast_drain(holdfast_handle* handle, int* changed) {
  return Say(handle, "", nullptr, [&](const Decisions&, holdfast_reason&) {
    alignas(inotify_event) std::array<char, 4096> events;
    bool any = false;
    while (::read(handle->changes.get(), events.data(), events.size()) > 0) any = true;
    if (changed != nullptr) *changed = any ? 1 : 0;
    return int{HOLDFAST_OK};
  });
}

int holdfast_agent_error(holdfast_handle*, holdfast_error* error) {
  if (const int code = CheckStruct(error); code != HOLDFAST_OK) return code;
  Write(Failure{HOLDFAST_OK, {}}, *error);
  return HOLDFAST_OK;
}

const char* holdfast_version(void) {
  return HOLDFAST_VERSION "-fake";
}
