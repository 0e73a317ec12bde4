#include "agent/client/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace holdfast::client {
namespace {

constexpr Milliseconds kRetry{5};  // of a full backlog, for which nothing can be polled

std::string Reason(int error) {
  return std::generic_category().message(error);
}

auto Late() {
  return Failed(HOLDFAST_TIMEOUT, "agent.timeout", "the agent does not answer in time",
                "see that holdfast-agent runs");
}

auto Closed() {
  return Failed(HOLDFAST_NO_AGENT, "agent.closed", "the agent closed the connection", "try again");
}

Outcome<void> Wait(int socket, short events, Deadline deadline) {
  for (;;) {
    const auto left = (deadline - CoarseClock::now()).count();
    if (left <= 0) return Late();
    pollfd poll{socket, events, 0};
    const int n = ::poll(&poll, 1, static_cast<int>(std::min<int64_t>(left, 60'000)));
    if (n > 0) return {};
    if (n < 0 && errno != EINTR)
      return Failed(HOLDFAST_SYSTEM, "host.poll",
                    "the agent's socket cannot be waited for: " + Reason(errno));
  }
}

tl::unexpected<Failure> NotConnected(const std::string& path, int error) {
  if (error == ENOENT || error == ENOTDIR || error == ECONNREFUSED)
    return Failed(HOLDFAST_NO_AGENT, "agent.absent", "no agent listens on " + path, "start holdfast-agent");
  if (error == EACCES || error == EPERM)
    return Failed(HOLDFAST_NO_AGENT, "agent.forbidden", path + " may not be opened",
                  "become a member of the socket's group (ls -l shows it), and log in anew");
  if (error == EPROTOTYPE || error == ENOTSOCK)
    return Failed(HOLDFAST_NO_AGENT, "agent.socket", path + " is not the socket of an agent");
  return Failed(HOLDFAST_SYSTEM, "host.connect", path + " cannot be connected to: " + Reason(error));
}

}  // namespace

Outcome<Connection> Connection::Open(const std::string& path, Deadline deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return Failed(HOLDFAST_INVALID_ARGUMENT, "argument.socket",
                  "the path of the agent's socket is empty or longer than a socket's can be");
  std::memcpy(address.sun_path, path.data(), path.size());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid())
    return Failed(HOLDFAST_SYSTEM, "host.descriptors", "no socket can be made: " + Reason(errno));
  while (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return NotConnected(path, errno);
    if (CoarseClock::now() + kRetry >= deadline) return Late();
    ::poll(nullptr, 0, static_cast<int>(kRetry.count()));
  }
  return Connection(std::move(socket));
}

Connection::~Connection() {
  if (socket_.valid() && forks_ == fork_count.load(std::memory_order_relaxed))
    ::shutdown(socket_.get(), SHUT_RDWR);
}

Outcome<void> Connection::Send(std::string_view text, Deadline deadline) {
  while (!text.empty()) {
    const ssize_t n = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (n > 0) {
      text.remove_prefix(static_cast<size_t>(n));
    } else if (n < 0 && errno == EAGAIN) {
      if (auto waited = Wait(socket_.get(), POLLOUT, deadline); !waited) return waited;
    } else if (errno != EINTR) {
      return Closed();
    }
  }
  return {};
}

Outcome<std::string> Connection::ReceiveLine(size_t max_size, Deadline deadline) {
  std::array<char, 16 * 1024> buffer;
  for (size_t seen = 0;;) {
    const size_t end = input_.find('\n', seen);
    if (std::min(end, input_.size()) > max_size)
      return Failed(HOLDFAST_AGENT_INVALID, "agent.size", "the agent's answer is too long to be one");
    if (end != std::string::npos) {
      std::string line = input_.substr(0, end);
      input_.erase(0, end + 1);
      return line;
    }
    seen = input_.size();
    HOLDFAST_TRY(const size_t n, ReceiveSome(buffer.data(), buffer.size(), deadline));
    input_.append(buffer.data(), n);
  }
}

Outcome<size_t> Connection::ReceiveSome(char* buffer, size_t size, Deadline deadline) {
  for (;;) {
    // Room for one descriptor: the kernel closes what does not fit.
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    iovec octets{buffer, size};
    msghdr message{};
    message.msg_iov = &octets;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t n = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      if (auto waited = Wait(socket_.get(), POLLIN, deadline); !waited) return tl::unexpected(waited.error());
      continue;
    }
    const cmsghdr* header = n >= 0 ? CMSG_FIRSTHDR(&message) : nullptr;
    if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len >= CMSG_LEN(sizeof(int))) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
      Descriptor received(descriptor);
      if (!received_.valid()) received_ = std::move(received);
    }
    if (n <= 0) return Closed();
    return static_cast<size_t>(n);
  }
}

bool Connection::IsIdle() const {
  char octet = 0;
  return input_.empty() && ::recv(socket_.get(), &octet, 1, MSG_PEEK) < 0 &&
         (errno == EAGAIN || errno == EINTR);
}

bool Connection::Drain() {
  input_.clear();
  std::array<char, 4096> buffer;
  // Bounded: who writes without end does not keep the application.
  for (int i = 0; i < 64; i++) {
    const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) return false;
  }
  return true;
}

}  // namespace holdfast::client
