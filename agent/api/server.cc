#include "agent/api/server.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "agent/api/http/http_session.h"
#include "agent/api/line_session.h"
#include "protocol/json_text.h"

namespace holdfast::api {
namespace {

enum : uint64_t {
  kListener = 1,
  kTcpListener,
  kTimer,
  kWakeup
};  // what an event is about; from 16 on a connection's id

bool AddToEpoll(int epoll, int descriptor, uint64_t id, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

// Who comes over TCP.
constexpr uid_t kNobody = static_cast<uid_t>(-1);

bool IsAdministrator(const Peer& peer) {
  return peer.uid == 0 || peer.uid == ::geteuid();
}

Service::CallerSource CallerOf(const Peer& peer) {
  if (peer.uid == kNobody) return [] { return Caller{}; };
  return [peer] { return Caller{peer.uid, peer.groups, ExecutableOf(peer.pid)}; };
}

void Drain(int descriptor) {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(descriptor, &count, sizeof count);
}

}  // namespace

struct Server::Connection {
  Descriptor socket;
  const Peer peer;
  const uint64_t id;
  std::unique_ptr<Conversation> conversation = {};
  bool fresh = true;  // nothing was received yet, which would tell lines from HTTP
  uint32_t events = EPOLLIN;
  bool ended = false;  // the peer sends no more
  bool broken = false;
  bool lingering = false;  // all is said, and the peer may still have to read it
  uint64_t handled = 0;
  int request_ticks = 0, write_ticks = 0;  // since the request was begun, since some output was read
};

Server::Server(const ServerOptions& options, Service& service, Administration administration)
    : options_(options),
      service_(service),
      administration_(std::move(administration)),
      leases_(service, options.tick) {}

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Service& service,
                                              Administration administration) {
  std::unique_ptr<Server> server(new Server(options, service, std::move(administration)));
  HOLDFAST_TRY(server->listener_, Listen(options.socket));
  if (options.tcp) {
    HOLDFAST_TRY(server->tcp_, ListenOnLoopback(options.tcp->address));
  }
  HOLDFAST_CHECK(server->Open());
  return server;
}

Server::~Server() {
  if (listener_.valid()) ::unlink(options_.socket.path.c_str());
}

Status Server::Open() {
  service_.Look();
  HOLDFAST_TRY(watched_, WatchMemory::Make(service_.generation()));
  epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
  timer_ = Descriptor(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  wakeup_ = Descriptor(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  const timespec period{options_.tick.count() / 1000, options_.tick.count() % 1000 * 1'000'000};
  const itimerspec schedule{period, period};
  if (epoll_.valid() && timer_.valid() && wakeup_.valid() &&
      ::timerfd_settime(timer_.get(), 0, &schedule, nullptr) == 0 && AcceptMore() &&
      AddToEpoll(epoll_.get(), timer_.get(), kTimer, EPOLLIN) &&
      AddToEpoll(epoll_.get(), wakeup_.get(), kWakeup, EPOLLIN)) {
    return {};
  }
  return Fail(ErrorKind::kUnavailable, "server.system",
              "the service cannot be set up: " + std::generic_category().message(errno));
}

void Server::Run(const std::function<void()>& on_tick) {
  std::array<epoll_event, 64> events;
  while (!stopping_) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
    for (int i = 0; i < count; i++) {
      const epoll_event& event = events.at(static_cast<size_t>(i));
      if (event.data.u64 == kListener) {
        Accept(listener_.get());
      } else if (event.data.u64 == kTcpListener) {
        Accept(tcp_.get());
      } else if (event.data.u64 == kTimer) {
        Drain(timer_.get());
        Tick();
        on_tick();
      } else if (event.data.u64 == kWakeup) {
        Drain(wakeup_.get());
        RunPosted();
      } else if (auto found = connections_.find(event.data.u64); found != connections_.end()) {
        Connection& connection = *found->second;
        if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) connection.broken = true;
        if (!connection.broken && (event.events & EPOLLIN) != 0) Receive(connection);
        Advance(connection);
      }
    }
  }
}

void Server::Stop() {
  stopping_ = true;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wakeup_.get(), &one, sizeof one);
}

void Server::Post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
  }
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wakeup_.get(), &one, sizeof one);
}

void Server::RunPosted() {
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(mutex_);
    work.swap(posted_);
  }
  for (const auto& each : work) each();
}

bool Server::AcceptMore() {
  return AddToEpoll(epoll_.get(), listener_.get(), kListener, EPOLLIN) &&
         (!tcp_.valid() || AddToEpoll(epoll_.get(), tcp_.get(), kTcpListener, EPOLLIN));
}

void Server::AcceptNoMore() {
  for (const Descriptor* listener : {&listener_, &tcp_})
    if (listener->valid()) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener->get(), nullptr);
  accepting_ = false;
}

void Server::Accept(int listener) {
  Descriptor socket(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.valid()) {
    // Nothing to accept with: the listener would wake us for ever. Tick tries again.
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) AcceptNoMore();
    return;
  }
  const bool tcp = listener == tcp_.get();
  const auto peer = tcp ? Peer{.uid = kNobody} : PeerOf(socket.get());
  if (!peer) return;
  if (!Admit(*peer)) return Refuse(socket.get(), tcp);
  const uint64_t id = next_id_++;
  std::unique_ptr<Connection> connection(new Connection{std::move(socket), *peer, id});
  connection->conversation = tcp ? ConverseInHttp(*connection) : ConverseInLines(*connection);
  if (!AddToEpoll(epoll_.get(), connection->socket.get(), id, connection->events)) return;
  connections_.emplace(id, std::move(connection));
}

std::unique_ptr<Conversation> Server::ConverseInLines(const Connection& connection) const {
  return std::make_unique<LineSession>(
      service_, Asker{connection.id, IsAdministrator(connection.peer), CallerOf(connection.peer)});
}

// What is held over HTTP is held by leases, and what is administration goes in lines.
std::unique_ptr<Conversation> Server::ConverseInHttp(const Connection& connection) {
  const Peer& peer = connection.peer;
  const Secret* token = peer.uid == kNobody ? &options_.tcp->token : nullptr;
  return std::make_unique<HttpSession>(service_, leases_,
                                       Asker{.id = connection.id, .caller = CallerOf(peer)}, peer.uid, token);
}

bool Server::Admit(const Peer& peer) const {
  const int total = static_cast<int>(connections_.size());
  if (IsAdministrator(peer)) return total < options_.max_connections;
  const auto same = std::count_if(connections_.begin(), connections_.end(),
                                  [&](const auto& entry) { return entry.second->peer.uid == peer.uid; });
  return same < options_.max_connections_per_user &&
         total < options_.max_connections - options_.reserved_for_administrators;
}

void Server::Refuse(int socket, bool http) const {
  const Error error{ErrorKind::kUnavailable, "api.connections", "the agent has too many connections",
                    "try again later"};
  const std::string line =
      http ? FormatHttpResponse(ErrorResponse(error, HttpStatusOf(error.kind)), false, true)
           : FormatJson(ErrorAnswer(error)) + "\n";
  [[maybe_unused]] const ssize_t n = ::send(socket, line.data(), line.size(), MSG_NOSIGNAL);
}

void Server::Receive(Connection& connection) {
  std::array<uint8_t, kMaxLine> buffer;
  const ssize_t n = ::recv(connection.socket.get(), buffer.data(), buffer.size(), 0);
  if (n > 0 && connection.lingering) return;
  if (n > 0) {
    if (connection.fresh && HttpSession::BeginsWith(buffer[0]))
      connection.conversation = ConverseInHttp(connection);
    connection.fresh = false;
    connection.conversation->Receive(ByteView(buffer).first(static_cast<size_t>(n)));
  } else if (n == 0) {
    connection.ended = true;
  } else if (errno != EAGAIN && errno != EINTR) {
    connection.broken = true;
  }
}

// Handles what has come, sends what is ready, and closes when there is nothing left to do.
void Server::Advance(Connection& connection) {
  if (!connection.broken) {
    if (auto request = connection.conversation->Run()) Administer(connection, std::move(*request));
    Send(connection);
  }
  const Conversation& session = *connection.conversation;
  const bool idle = !session.waiting() && !session.has_more() && !session.has_output() && !session.watching();
  // Who is gone and was not answered yet still counts: else whoever connects, asks and leaves could fill the memory with what waits.
  if (connection.broken && session.waiting()) {
    connection.conversation->Leave();
    connection.conversation->output().clear();
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection.socket.get(), nullptr);
    return;
  }
  if (connection.broken || (idle && connection.ended)) return Close(connection.id);
  if (!idle || !session.closing()) return Watch(connection);
  if (connection.peer.uid != kNobody) return Close(connection.id);
  Linger(connection);
}

// TCP takes an answer back that was not read yet when the connection is closed over what the peer has sent on (RFC 9112, 9.6).
void Server::Linger(Connection& connection) {
  if (std::exchange(connection.lingering, true)) return;
  ::shutdown(connection.socket.get(), SHUT_WR);
  connection.request_ticks = 0;
  AwaitEvents(connection, EPOLLIN);
}

void Server::Send(Connection& connection) {
  std::string& output = connection.conversation->output();
  size_t sent = 0;
  while (sent < output.size()) {
    const ssize_t n =
        ::send(connection.socket.get(), output.data() + sent, output.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      connection.broken = errno != EAGAIN;
      break;
    }
    sent += static_cast<size_t>(n);
  }
  output.erase(0, sent);
  if (sent > 0) connection.write_ticks = 0;
  if (output.empty() && !connection.broken && !connection.conversation->page_answer().empty())
    SendPage(connection);
}

// What did not fit follows as any output: the descriptor is with the first octet.
void Server::SendPage(Connection& connection) {
  std::string& answer = connection.conversation->page_answer();
  ssize_t sent = -1;
  do {
    sent = watched_->SendWith(connection.socket.get(), answer);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) {
    connection.broken = errno != EAGAIN;
    return;
  }
  connection.conversation->output() = answer.substr(static_cast<size_t>(sent));
  answer.clear();
  connection.write_ticks = 0;
}

void Server::Watch(Connection& connection) {
  Conversation& session = *connection.conversation;
  if (!session.has_partial() || session.handled() != connection.handled) connection.request_ticks = 0;
  connection.handled = session.handled();
  uint32_t events = 0;
  if (!connection.ended && !session.full()) events |= EPOLLIN;
  // Lines that wait for their turn: a socket that can be written to gives it to them.
  if (session.has_output() || session.has_more()) events |= EPOLLOUT;
  AwaitEvents(connection, events);
}

void Server::AwaitEvents(Connection& connection, uint32_t events) {
  if (events == connection.events) return;
  connection.events = events;
  epoll_event event{};
  event.events = events;
  event.data.u64 = connection.id;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.socket.get(), &event);
}

void Server::Administer(Connection& connection, ApiRequest request) {
  administration_(std::move(request), [this, id = connection.id](Json answer) {
    Post([this, id, answer = std::move(answer)] {
      auto found = connections_.find(id);
      if (found == connections_.end()) return;
      found->second->conversation->Finish(answer);
      Advance(*found->second);
    });
  });
}

void Server::Close(uint64_t id) {
  connections_.erase(id);
}

void Server::Tick() {
  std::vector<uint64_t> late;
  for (auto& [id, connection] : connections_) {
    const bool waits = connection->conversation->has_partial() || connection->lingering;
    if (waits && ++connection->request_ticks > options_.line_ticks) late.push_back(id);
    // Lines wait for the socket to be writable, which it is not while the peer leaves answers unread.
    const bool unread = connection->conversation->has_output() || connection->conversation->has_more();
    if (unread && ++connection->write_ticks > options_.write_ticks) late.push_back(id);
  }
  for (uint64_t id : late) Close(id);
  leases_.Tick();
  watched_->Beat();
  Notice();
  if (accepting_) return;
  accepting_ = AcceptMore();
  if (!accepting_) AcceptNoMore();  // both listeners or none: who is there already cannot be added again
}

void Server::Notice() {
  if (service_.Look()) watched_->SetGeneration(service_.generation());
  std::vector<uint64_t> told;
  for (auto& [id, connection] : connections_) {
    Conversation& session = *connection->conversation;
    if (connection->broken || !session.is_behind(service_.generation())) continue;
    if (session.has_output() || HasUnread(connection->socket.get())) continue;
    session.Tell(service_.generation());
    told.push_back(id);
  }
  for (uint64_t id : told) Advance(*connections_.at(id));
}

}  // namespace holdfast::api
