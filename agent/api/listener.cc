#include "agent/api/listener.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <vector>

namespace holdfast::api {
namespace {

constexpr int kBacklog = 128;

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

Result<Peer> PeerOf(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return Fail(ErrorKind::kUnavailable, "socket.peer",
                "the peer's credentials cannot be read: " + Reason(errno));
  }
  return Peer{credentials.pid, credentials.uid};
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
