// The agent's unix stream socket, and a TCP port where one is configured. A stale socket file is replaced, a live one is not.
#pragma once

#include <sys/types.h>

#include <vector>

#include "protocol/platform/files.h"

namespace holdfast::api {

// A file descriptor that is closed with the object.
class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(other.value_) { other.value_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  ~Descriptor();
  int get() const { return value_; }
  bool valid() const { return value_ >= 0; }

 private:
  int value_;
};

struct SocketOptions {
  Path path;
  int mode = 0660;    // of the socket file
  std::string group;  // its group, by name or number; empty: the agent's own
};

// Non-blocking, close-on-exec. Checks: socket.path (too long, or something else is there), socket.live
// (kConflict: an agent listens there), socket.group, socket.bind.
Result<Descriptor> Listen(const SocketOptions& options);

// A TCP port of this host, for programs that can use no unix socket. No other host reaches it.
struct LoopbackAddress {
  std::string host = "127.0.0.1";  // or "::1"
  uint16_t port = 0;               // 0: any that is free
};
// "127.0.0.1:PORT" or "[::1]:PORT". Check: socket.loopback (anything else, also other addresses and names).
Result<LoopbackAddress> ParseLoopbackAddress(std::string_view text);
// Non-blocking, close-on-exec. Check: socket.bind.
Result<Descriptor> ListenOnLoopback(const LoopbackAddress& address);
uint16_t PortOf(int socket);  // that it listens on

// Who connected, as it was then.
struct Peer {
  pid_t pid = 0;
  uid_t uid = 0;
  std::vector<uint32_t> groups = {};  // all of them
};
Result<Peer> PeerOf(int socket);  // SO_PEERCRED, SO_PEERGROUPS
// The program that a process runs now: an absolute path. Empty when it cannot be seen: the process has ended, or the agent may not look (CAP_SYS_PTRACE
// for processes of other users).
std::string ExecutableOf(pid_t pid);

// To the agent at `path`, blocking. Checks: socket.absent (kNotFound: nobody listens there), socket.connect.
Result<Descriptor> Connect(const Path& path);

}  // namespace holdfast::api
