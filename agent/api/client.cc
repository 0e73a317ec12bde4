#include "agent/api/client.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "agent/api/api_request.h"
#include "protocol/json_text.h"
#include "protocol/local/answer.h"

namespace holdfast::api {
namespace {

// Longer than the agent lets the TPM take (at most 240 s): it says why, we could not.
constexpr timeval kPatience{300, 0};

tl::unexpected<Error> Lost(std::string_view what) {
  return Fail(ErrorKind::kUnavailable, "api.lost", "the agent did not answer: " + std::string(what),
              "see its log, and try again");
}

}  // namespace

Result<Client> Client::Connect(const Path& socket) {
  HOLDFAST_TRY(Descriptor descriptor, api::Connect(socket));
  ::setsockopt(descriptor.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(descriptor.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  return Client(std::move(descriptor));
}

Result<Json> Client::Call(const Json& request) {
  // What was said before the connection broke, such as a refusal, is worth more than that it broke.
  const Status sent = Send(FormatJson(request) + "\n");
  auto line = ReadLine();
  if (!line) return tl::unexpected(sent ? line.error() : sent.error());
  return local::ParseAnswer(*line, kMaxAdminLine);
}

Status Client::Send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return Lost(std::generic_category().message(errno));
    text.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<std::string> Client::ReadLine() {
  std::array<char, 16384> buffer;
  for (;;) {
    if (const size_t end = input_.find('\n'); end != std::string::npos) {
      std::string line = input_.substr(0, end);
      input_.erase(0, end + 1);
      return line;
    }
    if (input_.size() > kMaxAdminLine) return Lost("its answer is too long");
    const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return Lost(n == 0 ? "it closed the connection" : std::generic_category().message(errno));
    input_.append(buffer.data(), static_cast<size_t>(n));
  }
}

}  // namespace holdfast::api
