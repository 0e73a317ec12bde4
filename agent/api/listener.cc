#include "agent/api/listener.h"

#include <arpa/inet.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstddef>
#include <cstring>
#include <vector>

namespace holdfast::api {
namespace {

constexpr int kBacklog = 128;
constexpr size_t kMaxGroups = 1024;  // of a peer; who is in more of them is in none but his first

std::string Reason(int error) {
  return std::generic_category().message(error);
}

Result<sockaddr_un> Address(const Path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.empty() || name.size() >= sizeof(address.sun_path)) {
    return Fail(ErrorKind::kUsage, "socket.path",
                "the socket path '" + name + "' is empty or longer than " +
                    std::to_string(sizeof(address.sun_path) - 1) + " octets",
                "choose another --socket");
  }
  std::memcpy(address.sun_path, name.data(), name.size());
  return address;
}

Result<gid_t> GroupId(const std::string& group) {
  gid_t id = 0;
  auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), id);
  if (error == std::errc() && end == group.data() + group.size()) return id;
  std::vector<char> buffer(65536);
  struct group entry {};
  struct group* found = nullptr;
  ::getgrnam_r(group.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return found->gr_gid;
  return Fail(ErrorKind::kUsage, "socket.group", "there is no group '" + group + "'",
              "create it or choose another --group");
}

// Makes way for a new socket: removes one that nobody listens on, refuses anything else.
Status RemoveStale(const Path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return {};
    return Fail(ErrorKind::kUnavailable, "socket.path",
                path.string() + " cannot be examined: " + Reason(errno));
  }
  if (!S_ISSOCK(info.st_mode)) {
    return Fail(ErrorKind::kConflict, "socket.path", path.string() + " exists and is no socket",
                "remove it or choose another --socket");
  }
  auto live = Connect(path);
  if (live || live.error().kind != ErrorKind::kNotFound) {
    return Fail(ErrorKind::kConflict, "socket.live", "an agent listens on " + path.string() + " already",
                "stop it first, or choose another --socket");
  }
  return RemoveFile(path);
}

Status SetAccess(const SocketOptions& options) {
  const char* path = options.path.c_str();
  if (!options.group.empty()) {
    HOLDFAST_TRY(const gid_t group, GroupId(options.group));
    if (::chown(path, static_cast<uid_t>(-1), group) != 0) {
      return Fail(
          ErrorKind::kUnavailable, "socket.group",
          options.path.string() + " cannot be given to group " + options.group + ": " + Reason(errno),
          "the agent's user must be a member of the group; under systemd set Group= of the unit in place of "
          "--group");
    }
  }
  if (::chmod(path, static_cast<mode_t>(options.mode)) == 0) return {};
  return Fail(ErrorKind::kUnavailable, "socket.bind",
              "the mode of " + options.path.string() + " cannot be set: " + Reason(errno));
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(value_, other.value_);
  return *this;
}

Descriptor::~Descriptor() {
  if (value_ >= 0) ::close(value_);
}

Result<Descriptor> Listen(const SocketOptions& options) {
  HOLDFAST_TRY(const sockaddr_un address, Address(options.path));
  HOLDFAST_CHECK(RemoveStale(options.path));
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // Nobody but the owner, until the mode is what it should be.
  const mode_t mask = ::umask(0177);
  const bool bound = socket.valid() &&
                     ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int error = errno;
  ::umask(mask);
  if (!bound) {
    return Fail(ErrorKind::kUnavailable, "socket.bind",
                "the socket " + options.path.string() + " cannot be made: " + Reason(error),
                "see that its directory exists and belongs to the agent's user");
  }
  HOLDFAST_CHECK(SetAccess(options));
  if (::listen(socket.get(), kBacklog) != 0) {
    return Fail(ErrorKind::kUnavailable, "socket.bind",
                "cannot listen on " + options.path.string() + ": " + Reason(errno));
  }
  return socket;
}

Result<LoopbackAddress> ParseLoopbackAddress(std::string_view text) {
  LoopbackAddress address;
  for (const auto& [prefix, host] : {std::pair{"127.0.0.1:", "127.0.0.1"}, std::pair{"[::1]:", "::1"}}) {
    if (!text.starts_with(prefix)) continue;
    address.host = host;
    const std::string_view port = text.substr(std::string_view(prefix).size());
    auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error == std::errc() && end == port.data() + port.size() && address.port != 0) return address;
  }
  return Malformed("socket.loopback", "'" + std::string(text) + "' is no address of this host alone",
                   "give 127.0.0.1:PORT or [::1]:PORT");
}

Result<Descriptor> ListenOnLoopback(const LoopbackAddress& address) {
  const bool six = address.host == "::1";
  sockaddr_in in4{};
  in4.sin_family = AF_INET;
  in4.sin_port = htons(address.port);
  in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(address.port);
  in6.sin6_addr = in6addr_loopback;
  const auto* name = six ? reinterpret_cast<const sockaddr*>(&in6) : reinterpret_cast<const sockaddr*>(&in4);
  const socklen_t size = six ? sizeof in6 : sizeof in4;
  const int one = 1;
  Descriptor socket(::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // Connections of the one that ran before may linger on that port.
  if (socket.valid() && ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
      ::bind(socket.get(), name, size) == 0 && ::listen(socket.get(), kBacklog) == 0)
    return socket;
  return Fail(
      ErrorKind::kUnavailable, "socket.bind",
      "cannot listen on " + address.host + " port " + std::to_string(address.port) + ": " + Reason(errno),
      "choose another --http-listen; the service's unit allows no network unless it is told to "
      "(docs/operations.md)");
}

uint16_t PortOf(int socket) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size) != 0) return 0;
  in_port_t port = 0;  // at the same place with both
  std::memcpy(&port, reinterpret_cast<const char*>(&name) + offsetof(sockaddr_in, sin_port), sizeof port);
  return ntohs(port);
}

Result<Peer> PeerOf(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return Fail(ErrorKind::kUnavailable, "socket.peer",
                "the peer's credentials cannot be read: " + Reason(errno));
  }
  Peer peer{credentials.pid, credentials.uid, {credentials.gid}};
  std::vector<gid_t> groups(kMaxGroups);
  socklen_t octets = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &octets) == 0)
    peer.groups.insert(peer.groups.end(), groups.begin(),
                       groups.begin() + static_cast<std::ptrdiff_t>(octets / sizeof(gid_t)));
  return peer;
}

std::string ExecutableOf(pid_t pid) {
  std::array<char, PATH_MAX> path;
  const std::string link = "/proc/" + std::to_string(pid) + "/exe";
  const ssize_t size = pid > 0 ? ::readlink(link.c_str(), path.data(), path.size()) : -1;
  if (size <= 0 || static_cast<size_t>(size) == path.size()) return {};
  return {path.data(), static_cast<size_t>(size)};
}

Result<Descriptor> Connect(const Path& path) {
  HOLDFAST_TRY(const sockaddr_un address, Address(path));
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.valid() &&
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return socket;
  }
  if (errno == ENOENT || errno == ENOTDIR || errno == ECONNREFUSED) {
    return Fail(ErrorKind::kNotFound, "socket.absent", "no agent listens on " + path.string(),
                "start holdfast-agent");
  }
  const bool denied = errno == EACCES || errno == EPERM;
  return Fail(ErrorKind::kUnavailable, "socket.connect",
              "the agent on " + path.string() + " cannot be asked: " + Reason(errno),
              denied ? "become a member of the socket's group (ls -l shows it), and log in anew" : "");
}

}  // namespace holdfast::api
