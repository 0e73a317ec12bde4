// The server with real sockets and real processes.
#include "agent/api/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "agent/api/client.h"
#include "tests/agent/enforcement/views.h"
#include "tests/testing/temp_dir.h"

namespace holdfast::api {
namespace {

const Json kCheck{{"op", "check"}, {"feature", "export"}};
const Json kHold{{"op", "hold"}, {"limit", "users"}};

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    service.SetLicenses({GoodView()});
    options.socket.path = home.path() / "agent.sock";
    options.socket.mode = 0666;
    options.tick = std::chrono::milliseconds(20);
  }
  ~ServerTest() override {
    if (server) server->Stop();
    if (thread.joinable()) thread.join();
  }

  void Start() {
    auto started = Server::Start(options, service, administration);
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
    thread = std::thread([this] { server->Run([] {}); });
  }

  Client Connected() {
    auto client = Client::Connect(options.socket.path);
    EXPECT_TRUE(client) << client.error().message;
    return std::move(*client);
  }

  // Blocks until the other side closes; what came before.
  static std::string ReadToEnd(int socket) {
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = ::recv(socket, buffer, sizeof buffer, 0)) > 0;)
      text.append(buffer, static_cast<size_t>(n));
    return text;
  }
  static void Write(int socket, std::string_view text) {
    ASSERT_EQ(::send(socket, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }

  // Runs in a child process that then waits to be killed; its exit code when it ends by itself.
  pid_t Child(const std::function<int()>& work) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(work());
    return pid;
  }

  holdfast::testing::TempDir home;
  OwnedTime time{[] { return kMidway; }, SystemUptime()};
  Service service{time, "1"};
  ServerOptions options;
  Server::Administration administration = [](ApiRequest, const Server::Done& done) {
    done(Json{{"ok", true}});
  };
  std::unique_ptr<Server> server;
  std::thread thread;
};

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  Start();
  Client client = Connected();
  EXPECT_EQ((*client.Call(kCheck))["allowed"], true);
  EXPECT_TRUE(client.Call(Json{{"op", "status"}}));
}

TEST_F(ServerTest, SeatIsFreedWhenTheConnectionCloses) {
  Start();
  {
    Client first = Connected();
    EXPECT_EQ((*first.Call(Json{{"op", "hold"}, {"limit", "users"}, {"amount", 10}}))["allowed"], true);
    EXPECT_EQ((*Connected().Call(kHold))["allowed"], false);
  }
  // The server sees the end of the first before it accepts what comes after it, or soon: ask until it does.
  for (;;) {
    if ((*Connected().Call(kHold))["allowed"] == true) break;
    std::this_thread::yield();
  }
}

TEST_F(ServerTest, SeatIsFreedWhenTheProcessIsKilled) {
  Start();
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = Child([&] {
    auto client = Client::Connect(options.socket.path);
    const bool held =
        (*client->Call(Json{{"op", "hold"}, {"limit", "users"}, {"amount", 10}}))["allowed"] == true;
    [[maybe_unused]] const ssize_t n = ::write(ready[1], held ? "y" : "n", 1);
    ::pause();
    return 0;
  });
  char held = 0;
  ASSERT_EQ(::read(ready[0], &held, 1), 1);
  EXPECT_EQ(held, 'y');
  EXPECT_EQ((*Connected().Call(kHold))["allowed"], false);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  for (;;) {
    if ((*Connected().Call(kHold))["allowed"] == true) break;
    std::this_thread::yield();
  }
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(ServerTest, HalfALineIsGivenUpOnWhileOthersAreServed) {
  options.line_ticks = 2;
  Start();
  Client half = Connected(), good = Connected();
  Write(half.descriptor(), "{\"op\":");
  EXPECT_EQ(ReadToEnd(half.descriptor()), "");
  EXPECT_TRUE(good.Call(kCheck));
}

TEST_F(ServerTest, DripOfOctetsDoesNotProlongALine) {
  options.line_ticks = 3;
  Start();
  Client drip = Connected();
  Client pace = Connected();
  // Octet after octet, as fast as others are served, until the server has had enough.
  while (::send(drip.descriptor(), " ", 1, MSG_NOSIGNAL) == 1) ASSERT_TRUE(pace.Call(kCheck));
}

TEST_F(ServerTest, ConnectionWithoutALineMayStay) {
  options.line_ticks = 1;
  Start();
  Client idle = Connected(), half = Connected();
  Write(half.descriptor(), "{");
  ReadToEnd(half.descriptor());  // ticks have passed
  EXPECT_TRUE(idle.Call(kCheck));
}

TEST_F(ServerTest, ReaderWhoDoesNotReadIsGivenUpOn) {
  options.write_ticks = 2;
  Start();
  Client lazy = Connected(), good = Connected();
  const std::string status = "{\"op\":\"status\"}\n";
  // Fill until the server takes no more, then until it closes.
  while (::send(lazy.descriptor(), status.data(), status.size(), MSG_NOSIGNAL) > 0) {
  }
  EXPECT_TRUE(good.Call(kCheck));
}

TEST_F(ServerTest, PipelinedLinesAreAllAnswered) {
  Start();
  Client client = Connected();
  std::string lines;
  for (int i = 0; i < 200; i++) lines += kCheck.dump() + "\n";
  Write(client.descriptor(), lines);
  ::shutdown(client.descriptor(), SHUT_WR);
  const std::string answers = ReadToEnd(client.descriptor());
  EXPECT_EQ(std::count(answers.begin(), answers.end(), '\n'), 200);
}

TEST_F(ServerTest, OversizedLineIsAnsweredAndClosed) {
  Start();
  Client client = Connected();
  const std::string big(kMaxAdminLine + kMaxLine, ' ');
  size_t sent = 0;
  while (sent < big.size()) {
    const ssize_t n = ::send(client.descriptor(), big.data() + sent, big.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) break;
    sent += static_cast<size_t>(n);
  }
  EXPECT_THAT(ReadToEnd(client.descriptor()), ::testing::HasSubstr("api.size"));
}

TEST_F(ServerTest, TooManyConnectionsAreRefusedInWords) {
  options.max_connections = 3;
  Start();
  std::vector<Client> clients;
  for (int i = 0; i < 3; i++) {
    clients.push_back(Connected());
    EXPECT_TRUE(clients.back().Call(kCheck));
  }
  EXPECT_EQ(Connected().Call(kCheck).error().check, "api.connections");
}

TEST_F(ServerTest, AdministrationDoesNotHoldUpChecks) {
  std::optional<Server::Done> pending;
  std::atomic<bool> begun = false;
  administration = [&](ApiRequest, const Server::Done& done) {
    pending = done;
    begun = true;
  };
  Start();
  Client installer = Connected(), checker = Connected();
  Write(installer.descriptor(), "{\"op\":\"install\",\"file\":\"x\"}\n");
  while (!begun) EXPECT_TRUE(checker.Call(kCheck));
  EXPECT_TRUE(checker.Call(kCheck));
  (*pending)(Json{{"ok", true}, {"changed", true}});
  ::shutdown(installer.descriptor(), SHUT_WR);
  EXPECT_THAT(ReadToEnd(installer.descriptor()), ::testing::HasSubstr("changed"));
}

TEST_F(ServerTest, AdministrationWhoseClientIsGoneIsForgotten) {
  std::optional<Server::Done> pending;
  std::atomic<bool> begun = false;
  administration = [&](ApiRequest, const Server::Done& done) {
    pending = done;
    begun = true;
  };
  Start();
  {
    Client gone = Connected();
    Write(gone.descriptor(), "{\"op\":\"install\",\"file\":\"x\"}\n");
    while (!begun) std::this_thread::yield();
  }
  (*pending)(Json{{"ok", true}});
  EXPECT_TRUE(Connected().Call(kCheck));
}

// Else whoever connects, asks for what takes time and leaves could fill the memory with what waits.
TEST_F(ServerTest, WhoIsGoneAndNotAnsweredYetStillCounts) {
  std::optional<Server::Done> pending;
  std::atomic<bool> begun = false;
  administration = [&](ApiRequest, const Server::Done& done) {
    pending = done;
    begun = true;
  };
  options.max_connections = 2;
  Start();
  Client other = Connected();
  {
    Client gone = Connected();
    EXPECT_EQ((*gone.Call(Json{{"op", "hold"}, {"limit", "users"}, {"amount", 10}}))["allowed"], true);
    Write(gone.descriptor(), "{\"op\":\"install\",\"file\":\"x\"}\n");
    while (!begun) std::this_thread::yield();
  }
  while ((*other.Call(kHold))["allowed"] != true) std::this_thread::yield();  // what it held is free
  EXPECT_EQ(Connected().Call(kCheck).error().check, "api.connections");
  (*pending)(Json{{"ok", true}});
  while (!Connected().Call(kCheck)) std::this_thread::yield();
}

TEST_F(ServerTest, OtherUsersMayCheckButNotAdminister) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  ::chmod(home.path().c_str(), 0755);
  Start();
  const pid_t child = Child([&] {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 10;
    auto client = Client::Connect(options.socket.path);
    if (!client || !client->Call(kCheck)) return 11;
    auto refused = client->Call(Json{{"op", "install"}, {"file", "x"}});
    return refused || refused.error().check != "api.permission" ? 12 : 0;
  });
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(ServerTest, OneUserCannotTakeAllConnections) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  ::chmod(home.path().c_str(), 0755);
  options.max_connections_per_user = 4;
  Start();
  const pid_t child = Child([&] {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 10;
    std::vector<Client> clients;
    for (int i = 0; i < 4; i++) {
      clients.push_back(std::move(*Client::Connect(options.socket.path)));
      if (!clients.back().Call(kCheck)) return 11;
    }
    const auto fifth = Client::Connect(options.socket.path)->Call(kCheck);
    return !fifth && fifth.error().check == "api.connections" ? 0 : 12;
  });
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(Connected().Call(kCheck));
}

TEST_F(ServerTest, StaleSocketIsReplacedAndALiveOneIsNot) {
  {
    auto stale = Listen(options.socket);
    ASSERT_TRUE(stale);
  }
  EXPECT_TRUE(std::filesystem::exists(options.socket.path));
  Start();
  EXPECT_EQ(Listen(options.socket).error().check, "socket.live");
  EXPECT_TRUE(Connected().Call(kCheck));
}

TEST_F(ServerTest, WhatIsNoSocketStays) {
  std::ofstream(options.socket.path) << "precious";
  EXPECT_EQ(Listen(options.socket).error().check, "socket.path");
  std::filesystem::remove(options.socket.path);
  std::filesystem::create_symlink("/etc/passwd", options.socket.path);
  EXPECT_EQ(Listen(options.socket).error().check, "socket.path");
  EXPECT_TRUE(std::filesystem::is_symlink(options.socket.path));
}

TEST_F(ServerTest, ModeAndPathOfTheSocket) {
  options.socket.mode = 0620;
  Start();
  struct stat info {};
  ASSERT_EQ(::stat(options.socket.path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0620u);
  SocketOptions bad;
  bad.path = home.path() / std::string(200, 'x');
  EXPECT_EQ(Listen(bad).error().check, "socket.path");
  bad.path = home.path() / "none" / "agent.sock";
  EXPECT_EQ(Listen(bad).error().check, "socket.bind");
  bad.path = home.path() / "g.sock";
  bad.group = "no-such-group";
  EXPECT_EQ(Listen(bad).error().check, "socket.group");
}

TEST_F(ServerTest, SocketGoesWithTheServer) {
  Start();
  server->Stop();
  thread.join();
  server.reset();
  EXPECT_FALSE(std::filesystem::exists(options.socket.path));
  EXPECT_EQ(Client::Connect(options.socket.path).error().check, "socket.absent");
}

// ---- HTTP ----

constexpr std::string_view kGet = "GET /v1/features/export HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

TEST_F(ServerTest, HttpIsAnsweredOnTheSameSocket) {
  Start();
  Client http = Connected(), lines = Connected();
  Write(http.descriptor(), kGet);
  const std::string answer = ReadToEnd(http.descriptor());
  EXPECT_THAT(answer, ::testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, ::testing::HasSubstr("\"allowed\":true"));
  EXPECT_TRUE(lines.Call(kCheck));
}

TEST_F(ServerTest, HalfARequestOfHttpIsGivenUpOn) {
  options.line_ticks = 2;
  Start();
  Client half = Connected();
  Write(half.descriptor(), "GET /v1/sta");
  EXPECT_EQ(ReadToEnd(half.descriptor()), "");
}

TEST_F(ServerTest, PipelinedRequestsOfHttpAreAllAnsweredThoughThePeerSendsNoMore) {
  Start();
  Client client = Connected();
  std::string requests;
  for (int i = 0; i < 200; i++) requests += "GET /v1/features/export HTTP/1.1\r\nHost: x\r\n\r\n";
  Write(client.descriptor(), requests);
  ::shutdown(client.descriptor(), SHUT_WR);
  const std::string answers = ReadToEnd(client.descriptor());
  size_t count = 0;
  for (size_t at = 0; (at = answers.find("HTTP/1.1 200 OK", at)) != std::string::npos; at++) count++;
  EXPECT_EQ(count, 200u);
}

// Fields without end, taken one by one, must not fill the memory until the deadline.
TEST_F(ServerTest, AHeadWithoutEndIsAnsweredAndClosed) {
  Start();
  Client client = Connected();
  const std::string fields = "A: " + std::string(1000, 'b') + "\r\nA";
  Write(client.descriptor(), "GET /v1/status HTTP/1.1\r\nHost: x\r\nA");
  while (::send(client.descriptor(), fields.data() + 1, fields.size() - 1, MSG_NOSIGNAL) > 0) {
  }
  EXPECT_THAT(ReadToEnd(client.descriptor()), ::testing::StartsWith("HTTP/1.1 431 "));
}

TEST_F(ServerTest, ALeaseOutlivesItsConnection) {
  Start();
  {
    Client client = Connected();
    Write(client.descriptor(),
          "POST /v1/leases HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 42\r\n\r\n"
          "{\"limit\":\"users\",\"amount\":10,\"seconds\":10}");
    EXPECT_THAT(ReadToEnd(client.descriptor()), ::testing::HasSubstr("\"lease\":"));
  }
  EXPECT_EQ((*Connected().Call(kHold))["allowed"], false);
}

class TcpTest : public ServerTest {
 protected:
  TcpTest() {
    options.tcp = std::make_shared<const TcpOptions>(
        TcpOptions{{}, Secret::CopyOf(AsBytes(std::string_view("0123456789abcdef0123456789abcdef")))});
  }
  Descriptor ConnectedByTcp() {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server->tcp_port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return socket;
  }
};

TEST_F(TcpTest, APortIsListenedOnOnlyWhereItIsConfigured) {
  options.tcp.reset();
  Start();
  EXPECT_EQ(server->tcp_port(), 0);
}

TEST_F(TcpTest, ARequestBringsTheToken) {
  Start();
  const Descriptor without = ConnectedByTcp(), with = ConnectedByTcp();
  Write(without.get(), kGet);
  EXPECT_THAT(ReadToEnd(without.get()), ::testing::StartsWith("HTTP/1.1 401 "));
  Write(with.get(),
        "GET /v1/features/export HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        "Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n\r\n");
  EXPECT_THAT(ReadToEnd(with.get()), ::testing::StartsWith("HTTP/1.1 200 "));
}

TEST_F(TcpTest, WhoNeverBringsTheTokenIsDisconnected) {
  options.line_ticks = 2;
  Start();
  const Descriptor silent = ConnectedByTcp();
  EXPECT_EQ(ReadToEnd(silent.get()), "");
}

TEST_F(TcpTest, ARefusalIsReadThoughMoreIsSent) {
  Start();
  const Descriptor socket = ConnectedByTcp();
  Write(socket.get(), "POST /v1/leases HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n");
  const std::string more(64 * 1024, 'x');
  for (int i = 0; i < 8; i++) Write(socket.get(), more);
  EXPECT_THAT(ReadToEnd(socket.get()), ::testing::StartsWith("HTTP/1.1 413 "));
}

TEST_F(TcpTest, WhoDoesNotGoAfterARefusalIsDisconnected) {
  options.line_ticks = 2;
  Start();
  const Descriptor socket = ConnectedByTcp();
  Write(socket.get(), kGet);
  EXPECT_THAT(ReadToEnd(socket.get()), ::testing::StartsWith("HTTP/1.1 401 "));
  // Writing fails when the other side has closed for good, which it does though we stay.
  while (::send(socket.get(), "x", 1, MSG_NOSIGNAL) == 1) std::this_thread::yield();
}

TEST_F(TcpTest, LinesAreNoHttp) {
  Start();
  const Descriptor socket = ConnectedByTcp();
  Write(socket.get(), "{\"op\":\"install\",\"file\":\"x\"}\n");
  EXPECT_THAT(ReadToEnd(socket.get()), ::testing::StartsWith("HTTP/1.1 400 "));
}

TEST_F(TcpTest, ConnectionsToThePortDoNotTakeThoseOfTheSocket) {
  options.max_connections_per_user = 2;
  Start();
  const Descriptor first = ConnectedByTcp(), second = ConnectedByTcp(), third = ConnectedByTcp();
  EXPECT_THAT(ReadToEnd(third.get()), ::testing::StartsWith("HTTP/1.1 503 "));
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody who is no administrator";
  ::chmod(home.path().c_str(), 0755);
  const pid_t child = Child([&] {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 10;
    auto client = Client::Connect(options.socket.path);
    return client && client->Call(kCheck) ? 0 : 11;
  });
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace holdfast::api
