// The issuer behind unix sockets: frames in, frames out (signer/signing_wire.h). One thread a connection, at
// most kMaxConnections; the peer's uid, told by the kernel (SO_PEERCRED), must be allowed before a frame is
// read.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <thread>

#include "signer/frame_socket.h"
#include "signer/hsm/issuer.h"

namespace holdfast::hsm {

class SignerServer {
 public:
  static constexpr size_t kMaxConnections = 64;
  static constexpr Seconds kFrameTimeout{10};
  static constexpr Seconds kKeepAlivePeriod{15};
  static constexpr Seconds kHealthPeriod{5};
  static constexpr Seconds kPauseWithoutRoom{1};

  // Told about the first state and each change of it (SignerStatus::state), in Run's thread.
  using Health = std::function<void(const SignerStatus&)>;
  SignerServer(Issuer& issuer, std::vector<uint32_t> allowed_uids, Health health = {});
  ~SignerServer();  // waits for the keep-alive, which does not return while the HSM hangs

  // Accepts until Stop, then finishes the orders in progress, which takes no longer than an order waits for the
  // HSM. `listener` is a bound, listening socket.
  Status Run(int listener);
  // One connection, until the peer closes it or Stop. Takes ownership.
  Status ServeOne(int connection);
  // From a signal handler's thread or another one.
  void Stop();

 private:
  struct Connection {
    std::jthread thread;
    std::atomic<int> descriptor{-1};
    std::atomic<bool> finished{false};
  };
  bool Accept(int listener);  // false: there is no room for a connection now
  void Start(Connection& connection, bool stop_after);
  void Serve(FrameSocket& socket, const Actor& actor);
  void TellHealth();
  std::string Answer(const std::string& request, const Actor& actor);
  void KeepAliveLoop(std::stop_token stop);
  void Reap(bool all);

  Issuer& issuer_;
  const std::vector<uint32_t> allowed_;
  const Health health_;
  std::string told_;        // the state that health_ was told
  int wake_[2] = {-1, -1};  // a pipe: Stop makes it readable for ever
  std::list<Connection> connections_;
  std::jthread keep_alive_;
};

// Who is on the other side. Check: signer.peer.
Result<Actor> PeerOf(int connection);

// Listens at `path` (mode 0660, a stale socket is replaced). Check: signer.listen.
Result<int> ListenAt(const Path& path);

// For a signer that could not start: answers the first request with `error`, so that the peer learns why.
void AnswerWithError(int connection, const Error& error);

}  // namespace holdfast::hsm
