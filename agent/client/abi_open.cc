// The C functions around a handle: open, close, errors and names.
#include "agent/client/arguments.h"
#include "agent/client/boundary.h"
#include "agent/client/handle.h"
#include "agent/client/names.h"
#include "protocol/armor.h"
#include "protocol/crypto/error_mark.h"

using namespace holdfast;
using namespace holdfast::client;

namespace {

constexpr const char* kSocket = "/run/holdfast/agent.sock";
constexpr uint32_t kTimeout = 2000;                   // milliseconds
constexpr uint32_t kLongestTimeout = 24 * 3600'000u;  // milliseconds
constexpr size_t kMaxPath = 108;                      // a socket's address has no room for more

int CheckOptions(const holdfast_options* options) {
  if (const int code = CheckStruct(options); code != HOLDFAST_OK) return code;
  if (options->product == nullptr || options->roots_pem == nullptr)
    return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.options", "the product or the roots are NULL");
  if ((options->flags & ~uint32_t{HOLDFAST_OPEN_ANYWAY}) != 0)
    return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.flags", "flags that this version does not know");
  if (options->timeout_ms > kLongestTimeout)
    return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.timeout", "a timeout of more than a day");
  if (::strnlen(options->roots_pem, kMaxFileSize + 1) > kMaxFileSize)
    return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.roots", "the roots are of more than 256 KiB");
  return HOLDFAST_OK;
}

int Open(const holdfast_options& options, holdfast_handle** handle) {
  const ErrorMark mark;
  WatchForForks();
  const char* path = options.socket == nullptr ? kSocket : options.socket;
  const std::string socket(path, ::strnlen(path, kMaxPath));
  const Milliseconds timeout(options.timeout_ms == 0 ? kTimeout : options.timeout_ms);
  auto trust = Trust::Make(options.roots_pem, std::string(Name(options.product)));
  if (!trust) return Remember(trust.error());
  auto opened = std::make_unique<holdfast_handle>(socket, std::move(*trust), timeout);
  opened->mirror.Renew();
  const auto trouble = opened->mirror.trouble();
  if (trouble) {
    // Only the application can mend the path of the socket.
    const bool anyway =
        (options.flags & HOLDFAST_OPEN_ANYWAY) != 0 && trouble->code != HOLDFAST_INVALID_ARGUMENT;
    if (!anyway) return Remember(*trouble);
  }
  *handle = opened.release();
  return HOLDFAST_OK;
}

}  // namespace

int holdfast_open(const holdfast_options* options, holdfast_handle** handle) {
  if (handle == nullptr)
    return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.handle", "the place for the handle is NULL");
  *handle = nullptr;
  if (const int code = CheckOptions(options); code != HOLDFAST_OK) return code;
  return Guarded([&] { return Open(*options, handle); });
}

void holdfast_close(holdfast_handle* handle) {
  if (handle == nullptr || handle->magic.load() != kOpen) return;
  delete handle;
}

int holdfast_agent_error(holdfast_handle* handle, holdfast_error* error) {
  if (const int code = CheckHandle(handle); code != HOLDFAST_OK) return code;
  if (const int code = CheckStruct(error); code != HOLDFAST_OK) return code;
  return Guarded([&] {
    Write(handle->mirror.trouble().value_or(Failure{HOLDFAST_OK, {}}), *error);
    return int{HOLDFAST_OK};
  });
}

const char* holdfast_version(void) {
  return HOLDFAST_VERSION;
}
