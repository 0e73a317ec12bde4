// Serves the local API: one thread, epoll, nothing blocks. Checks are answered here and never wait for the
// TPM; administration is handed out and its answer comes back through Post. What one client does, or leaves
// undone, costs the others nothing:
//
//   connections in all, and per user      further ones get one error line and are closed
//   a line that is begun and not ended    an absolute deadline from its first octet
//   answers that are not read             nothing further is read from that client; then a deadline
//   a challenge                           one a connection: it costs some 100 microseconds
//   changes that a watcher does not read  one line, and no further until it is read
//   leases in all, and per user           further ones are refused
//
// Time is counted in ticks of a timer, so deadlines need no clock.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "agent/api/conversation.h"
#include "agent/api/http/leases.h"
#include "agent/api/listener.h"
#include "agent/api/watch_memory.h"

namespace holdfast::api {

// HTTP on a TCP port, beside the socket. Who connects there is nobody in particular: each request brings the token.
struct TcpOptions {
  LoopbackAddress address;
  Secret token;
};

struct ServerOptions {
  SocketOptions socket;
  std::shared_ptr<const TcpOptions> tcp = {};  // nullptr: none
  int max_connections = 512;
  int max_connections_per_user = 128;  // not for administrators
  int reserved_for_administrators = 16;
  std::chrono::milliseconds tick{500};  // and the watch page's beat, so no longer
  int line_ticks = 10;                  // to finish a line, or a request of HTTP
  int write_ticks = 20;                 // to read something of an answer
};

class Server {
 public:
  using Done = std::function<void(Json answer)>;
  // Begins an administrative request and returns at once; calls `done` once, from any thread.
  using Administration = std::function<void(ApiRequest request, Done done)>;

  // Listens at once; serves in Run. Checks: those of Listen, server.system.
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options, Service& service,
                                               Administration administration);
  ~Server();  // removes the socket file

  // Until Stop. `on_tick` is called once per tick.
  void Run(const std::function<void()>& on_tick);
  void Stop();                            // from any thread or signal handler
  void Post(std::function<void()> work);  // work is done on the thread that runs; from any thread
  // Looks whether entitlements have changed, and tells watchers; on that thread only. Done at each tick, too.
  void Notice();
  uint16_t tcp_port() const { return tcp_.valid() ? PortOf(tcp_.get()) : uint16_t{0}; }  // 0: none
  int connections() const { return static_cast<int>(connections_.size()); }  // on that thread only

 private:
  struct Connection;
  Server(const ServerOptions& options, Service& service, Administration administration);
  Status Open();
  void Accept(int listener);
  bool AcceptMore();
  void AcceptNoMore();
  std::unique_ptr<Conversation> ConverseInLines(const Connection& connection) const;
  std::unique_ptr<Conversation> ConverseInHttp(const Connection& connection);
  bool Admit(const Peer& peer) const;
  void Refuse(int socket, bool http) const;
  void Receive(Connection& connection);
  void Advance(Connection& connection);
  void Send(Connection& connection);
  void SendPage(Connection& connection);
  void Watch(Connection& connection);
  void Linger(Connection& connection);
  void AwaitEvents(Connection& connection, uint32_t events);
  void Administer(Connection& connection, ApiRequest request);
  void Close(uint64_t id);
  void Tick();
  void RunPosted();

  const ServerOptions options_;
  Service& service_;
  const Administration administration_;
  Descriptor listener_, tcp_, epoll_, timer_, wakeup_;
  std::optional<WatchMemory> watched_;  // from Open on
  Leases leases_;
  std::map<uint64_t, std::unique_ptr<Connection>> connections_;
  uint64_t next_id_ = 16;  // below: our own descriptors
  bool accepting_ = true;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // under mutex_
};

}  // namespace holdfast::api
