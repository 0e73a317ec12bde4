#include "signer/frame_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "signer/signing_wire.h"

namespace holdfast {
namespace {

tl::unexpected<Error> Unavailable(std::string_view check, std::string message) {
  return Fail(ErrorKind::kUnavailable, check, std::move(message),
              "Check that holdfast-signer runs, then try again");
}

std::string Reason(int error) {
  return std::strerror(error);
}

}  // namespace

FrameSocket::FrameSocket(int descriptor) : descriptor_(descriptor) {
  ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
}

Result<FrameSocket> FrameSocket::Connect(const Path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof(address.sun_path))
    return Fail(ErrorKind::kUsage, "signer.connect",
                "the socket path " + name + " is longer than 107 octets");
  std::memcpy(address.sun_path, name.data(), name.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return Unavailable("signer.connect", "no socket: " + Reason(errno));
  FrameSocket socket(descriptor);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return Unavailable("signer.connect", "no signer at " + name + ": " + Reason(errno));
  return socket;
}

FrameSocket::FrameSocket(FrameSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FrameSocket& FrameSocket::operator=(FrameSocket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FrameSocket::~FrameSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool FrameSocket::ClosedByPeer() const {
  char octet;
  const ssize_t n = ::recv(descriptor_, &octet, 1, MSG_PEEK | MSG_DONTWAIT);
  return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

Status FrameSocket::Wait(short events, std::optional<Deadline> deadline) const {
  for (;;) {
    int timeout = -1;
    if (deadline) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0)
        return Unavailable("signer.timeout", "the signer's socket was silent for too long");
      timeout = static_cast<int>(std::min<int64_t>(left.count(), 60'000));
    }
    pollfd entry{descriptor_, events, 0};
    const int ready = ::poll(&entry, 1, timeout);
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return Unavailable("signer.answer", Reason(errno));
  }
}

Status FrameSocket::Send(std::string_view body, Deadline deadline) {
  if (body.empty() || body.size() > kMaxSigningFrame)
    return Malformed("wire.size", "a message of " + std::to_string(body.size()) + " octets fits no frame");
  const Bytes frame = FrameSigning(body);
  for (size_t sent = 0; sent < frame.size();) {
    const ssize_t n = ::send(descriptor_, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
    if (n > 0) sent += static_cast<size_t>(n);
    if (n < 0 && errno == EAGAIN) HOLDFAST_CHECK(Wait(POLLOUT, deadline));
    if (n < 0 && errno != EAGAIN && errno != EINTR)
      return Unavailable("signer.send", "cannot send to the peer: " + Reason(errno));
  }
  return {};
}

Status FrameSocket::ReadExactly(std::span<uint8_t> into, std::optional<Deadline> deadline, size_t& got) {
  while (got < into.size()) {
    const ssize_t n = ::recv(descriptor_, into.data() + got, into.size() - got, 0);
    if (n == 0)
      return Unavailable("signer.answer", "the peer closed the connection in the middle of a frame");
    if (n > 0) got += static_cast<size_t>(n);
    if (n < 0 && errno == EAGAIN) HOLDFAST_CHECK(Wait(POLLIN, deadline));
    if (n < 0 && errno != EAGAIN && errno != EINTR) return Unavailable("signer.answer", Reason(errno));
  }
  return {};
}

Result<std::string> FrameSocket::Receive(std::optional<Deadline> idle_deadline, Seconds frame_timeout) {
  uint8_t header[kSigningFrameHeader];
  size_t got = 0;
  if (auto first = ReadExactly(std::span(header, 1), idle_deadline, got); !first) {
    if (ClosedByPeer()) return Fail(ErrorKind::kNotFound, "signer.closed", "the peer closed the connection");
    return tl::unexpected(first.error());
  }
  const Deadline deadline = std::chrono::steady_clock::now() + frame_timeout;
  HOLDFAST_CHECK(ReadExactly(header, deadline, got));
  HOLDFAST_TRY(const size_t size, ParseSigningFrameHeader(header));
  std::string body(size, '\0');
  got = 0;
  HOLDFAST_CHECK(ReadExactly({reinterpret_cast<uint8_t*>(body.data()), size}, deadline, got));
  return body;
}

}  // namespace holdfast
