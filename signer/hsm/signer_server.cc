#include "signer/hsm/signer_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "signer/signing_wire.h"

namespace holdfast::hsm {
namespace {

FrameSocket::Deadline Soon() {
  return std::chrono::steady_clock::now() + SignerServer::kFrameTimeout;
}

tl::unexpected<Error> CannotListen(const Path& path, std::string why) {
  return Fail(ErrorKind::kUnavailable, "signer.listen",
              "cannot listen at " + path.string() + ": " + std::move(why));
}

bool SomebodyListens(const sockaddr_un& address) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool answered = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(probe);
  return answered;
}

template <class T>
Result<SigningValue> ToValue(Result<T> result) {
  if (!result) return tl::unexpected(std::move(result.error()));
  return SigningValue(std::move(*result));
}

}  // namespace

Result<Actor> PeerOf(int connection) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return Fail(ErrorKind::kInternal, "signer.peer", "the peer's credentials are not known");
  return Actor{peer.uid, peer.pid};
}

Result<int> ListenAt(const Path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof(address.sun_path))
    return CannotListen(path, "the path is longer than 107 octets");
  std::memcpy(address.sun_path, name.data(), name.size());
  struct stat info {};
  if (::lstat(name.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) {
    if (SomebodyListens(address)) return CannotListen(path, "another signer listens there");
    ::unlink(name.c_str());
  }
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const mode_t before = ::umask(0117);
  const bool good = listener >= 0 &&
                    ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
                    ::listen(listener, 64) == 0;
  const int reason = errno;
  ::umask(before);
  if (good) return listener;
  if (listener >= 0) ::close(listener);
  return CannotListen(path, std::strerror(reason));
}

void AnswerWithError(int connection, const Error& error) {
  FrameSocket socket(connection);
  if (socket.Receive(Soon(), SignerServer::kFrameTimeout))
    (void)socket.Send(FormatSigningAnswer(tl::unexpected(error)), Soon());
}

SignerServer::SignerServer(Issuer& issuer, std::vector<uint32_t> allowed_uids, Health health)
    : issuer_(issuer), allowed_(std::move(allowed_uids)), health_(std::move(health)) {
  if (::pipe2(wake_, O_CLOEXEC | O_NONBLOCK) != 0) wake_[0] = wake_[1] = -1;
  keep_alive_ = std::jthread([this](std::stop_token stop) { KeepAliveLoop(stop); });
}

SignerServer::~SignerServer() {
  Stop();
  Reap(true);
  keep_alive_.join();
  ::close(wake_[0]);
  ::close(wake_[1]);
}

void SignerServer::Stop() {
  keep_alive_.request_stop();
  (void)!::write(wake_[1], "", 1);
}

void SignerServer::KeepAliveLoop(std::stop_token stop) {
  // The result shows in GetStatus, which Run watches; the key itself tries to recover.
  while (!stop.stop_requested()) {
    pollfd entry{wake_[0], POLLIN, 0};
    if (::poll(&entry, 1, static_cast<int>(kKeepAlivePeriod.count() * 1000)) != 0) continue;
    try {
      (void)issuer_.KeepAlive();
    } catch (const std::exception&) {  // no memory: the next one is 15 seconds away
    }
  }
}

void SignerServer::Reap(bool all) {
  for (auto it = connections_.begin(); it != connections_.end();) {
    if (all)
      // Only the reading half: an answer that is being made is still sent.
      if (const int descriptor = it->descriptor; descriptor >= 0) ::shutdown(descriptor, SHUT_RD);
    if (all || it->finished) {
      if (it->thread.joinable()) it->thread.join();
      it = connections_.erase(it);
    } else {
      ++it;
    }
  }
}

Status SignerServer::Run(int listener) {
  for (bool room = true;;) {
    TellHealth();
    // Without room the listener stays readable: look away for a while, or this would spin.
    pollfd entries[2] = {{wake_[0], POLLIN, 0}, {listener, POLLIN, 0}};
    const Seconds wait = room ? kHealthPeriod : kPauseWithoutRoom;
    if (::poll(entries, room ? 2 : 1, static_cast<int>(wait.count() * 1000)) < 0 && errno != EINTR)
      return Fail(ErrorKind::kInternal, "signer.listen", std::strerror(errno));
    if (entries[0].revents != 0) break;
    room = entries[1].revents == 0 || Accept(listener);
  }
  Reap(true);
  return {};
}

void SignerServer::TellHealth() {
  if (!health_) return;
  const auto status = issuer_.GetStatus();
  if (!status || status->state == told_) return;
  told_ = status->state;
  health_(*status);
}

bool SignerServer::Accept(int listener) {
  const int descriptor = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (descriptor < 0) return errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS;
  Reap(false);
  if (connections_.size() >= kMaxConnections) {
    ::close(descriptor);
    return true;
  }
  try {
    Connection& connection = connections_.emplace_back();
    connection.descriptor = descriptor;
    Start(connection, false);
  } catch (const std::exception&) {  // no thread, or no memory for one
    ::close(descriptor);
    if (!connections_.empty() && !connections_.back().thread.joinable()) connections_.pop_back();
    return false;
  }
  return true;
}

void SignerServer::Start(Connection& connection, bool stop_after) {
  connection.thread = std::jthread([this, &connection, stop_after] {
    FrameSocket socket(connection.descriptor);
    try {
      if (auto actor = PeerOf(socket.descriptor())) Serve(socket, *actor);
    } catch (const std::exception&) {  // no memory: this connection ends, the others go on
    }
    connection.descriptor = -1;
    connection.finished = true;
    if (stop_after) Stop();
  });
}

Status SignerServer::ServeOne(int connection) {
  Connection& entry = connections_.emplace_back();
  entry.descriptor = connection;
  Start(entry, true);
  pollfd wake{wake_[0], POLLIN, 0};
  while (::poll(&wake, 1, -1) < 0 && errno == EINTR) {
  }
  Reap(true);
  return {};
}

void SignerServer::Serve(FrameSocket& socket, const Actor& actor) {
  if (std::find(allowed_.begin(), allowed_.end(), actor.uid) == allowed_.end()) {
    const auto refused =
        Refused("signer.peer", "user " + std::to_string(actor.uid) + " may not order signatures",
                "Add the user id to allowed_uids in signer.conf");
    issuer_.RecordRefusal("connection", "", actor, refused.value());
    (void)socket.Send(FormatSigningAnswer(refused), Soon());
    return;
  }
  for (;;) {
    auto request = socket.Receive(std::nullopt, kFrameTimeout);
    if (!request) {
      // Who sends what is no frame is told so once.
      if (request.error().kind != ErrorKind::kMalformed) return;
      issuer_.RecordRefusal("call", "", actor, request.error());
      (void)socket.Send(FormatSigningAnswer(tl::unexpected(request.error())), Soon());
      return;
    }
    if (!socket.Send(Answer(*request, actor), Soon())) return;
  }
}

std::string SignerServer::Answer(const std::string& request, const Actor& actor) {
  auto call = ParseSigningCall(request);
  if (!call) {
    issuer_.RecordRefusal("call", "", actor, call.error());
    return FormatSigningAnswer(tl::unexpected(call.error()));
  }
  if (auto* license = std::get_if<LicenseOrder>(&*call))
    return FormatSigningAnswer(ToValue(issuer_.IssueLicense(*license, actor)));
  if (auto* crl = std::get_if<CrlOrder>(&*call))
    return FormatSigningAnswer(ToValue(issuer_.IssueCrl(*crl, actor)));
  if (auto* message = std::get_if<MessageOrder>(&*call))
    return FormatSigningAnswer(ToValue(issuer_.SignMessage(*message, actor)));
  return FormatSigningAnswer(ToValue(issuer_.GetStatus()));
}

}  // namespace holdfast::hsm
