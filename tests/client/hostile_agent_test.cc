// Whoever sits on the socket may say anything, or nothing.
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fstream>

#include "tests/client/client_fixture.h"

namespace holdfast {
namespace {

using testing::ScriptedAgent;

class HostileAgentTest : public ClientTest {
 protected:
  // In place of the lines in answer to `op`; the connection stays, or is closed.
  void Say(const std::string& op, const std::function<void(std::string&)>& change, bool stays = true) {
    agent.Change(
        [=](ScriptedAgent::Script& script) {
          script.on_wire = [=](const std::string& asked, std::string& lines) {
            if (asked != op) return true;
            change(lines);
            return stays;
          };
        },
        false);
  }
  void Say(const std::string& op, const std::string& text) {
    Say(op, [text](std::string& lines) { lines = text; });
  }
  // And nothing from then on: the library has sent its further questions with the first.
  void SayAndFallSilent(const std::string& text) {
    agent.Change(
        [=](ScriptedAgent::Script& script) {
          script.on_wire = [=](const std::string& asked, std::string& lines) {
            lines = asked == "challenge" ? text : "";
            return true;
          };
        },
        false);
  }
};

TEST_F(HostileAgentTest, GarbageIsNamed) {
  const std::string garbage[] = {"garbage\n",
                                 "\n",
                                 "{}\n",
                                 "[]\n",
                                 "null\n",
                                 std::string("\0\0\n", 3),
                                 "\xff\xfe\n",
                                 "{\"ok\":true}\n",
                                 "{\"ok\":1}\n",
                                 "{\"ok\":false}\n",
                                 "{\"ok\":false,\"error\":7}\n"};
  for (const std::string& text : garbage) {
    SCOPED_TRACE(text);
    Say("challenge", text);
    EXPECT_EQ(Opening().substr(0, 14), "agent_invalid ");
  }
}

TEST_F(HostileAgentTest, GarbageAfterTheProofIsNamed) {
  for (const std::string op : {"entitlements", "watch"})
    for (const std::string text : {"garbage\n", "\n", " \n"}) {
      SCOPED_TRACE(op + ": " + text);
      Say(op, text);
      EXPECT_EQ(Opening(), "agent_invalid mac.form");
    }
}

TEST_F(HostileAgentTest, WhoDoesNotAnswerIsGivenUpAfterTheTimeout) {
  timeout_ms = 100;
  SayAndFallSilent("");
  EXPECT_EQ(Opening(), "timeout agent.timeout");
}

TEST_F(HostileAgentTest, WhoBeginsAnAnswerAndDoesNotEndItIsGivenUpToo) {
  timeout_ms = 100;
  SayAndFallSilent("{\"ok\":");
  EXPECT_EQ(Opening(), "timeout agent.timeout");
}

// Listens, and gives whoever connects an octet now and then of a line that never ends.
class Dripping {
 public:
  explicit Dripping(const std::string& path) : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    dripping_ = std::thread([this] {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      while (::send(connection, "{", 1, MSG_NOSIGNAL) == 1) ::poll(nullptr, 0, 1);
      ::close(connection);
    });
  }
  ~Dripping() {
    dripping_.join();
    ::close(listener_);
  }

 private:
  const int listener_;
  std::thread dripping_;
};

TEST_F(HostileAgentTest, WhoDripsOctetsIsGivenUpAfterTheTimeoutAllTheSame) {
  timeout_ms = 100;
  socket = (home.path() / "dripping").string();
  const Dripping dripping(socket);
  EXPECT_EQ(Opening(), "timeout agent.timeout");
}

TEST_F(HostileAgentTest, ALineOfTenMegabytesIsNoAnswer) {
  Say("challenge", std::string(10'000'000, 'x'));
  EXPECT_EQ(Opening(), "agent_invalid agent.size");
}

TEST_F(HostileAgentTest, ALineOfTenMegabytesIsNoAnswerLaterEither) {
  Handle handle = MustOpen();
  Say("hold", std::string(10'000'000, 'x'));
  EXPECT_EQ(holdfast_acquire(handle.get(), "seats", 1, nullptr), HOLDFAST_AGENT_INVALID);
}

TEST_F(HostileAgentTest, AConnectionThatIsClosedInTheMiddleIsNamed) {
  for (const std::string op : {"challenge", "entitlements", "watch"}) {
    SCOPED_TRACE(op);
    Say(
        op, [](std::string& lines) { lines.resize(lines.size() / 2); }, false);
    EXPECT_EQ(Opening(), "no_agent agent.closed");
  }
}

TEST_F(HostileAgentTest, AnErrorOfTheAgentsIsHandedOn) {
  Say(
      "challenge",
      [](std::string& lines) {
        lines =
            "{\"ok\":false,\"error\":{\"kind\":\"unavailable\",\"check\":\"api.connections\",\"message\":"
            "\"too many\"}}\n";
      },
      false);
  EXPECT_EQ(Opening(), "refused api.connections");
}

TEST_F(HostileAgentTest, AnErrorOfAnyLengthIsCutToFit) {
  Say(
      "challenge",
      [](std::string& lines) {
        lines = "{\"ok\":false,\"error\":{\"kind\":\"unavailable\",\"check\":\"api." +
                std::string(10'000, 'c') + "\",\"message\":\"" + std::string(10'000, 'm') +
                "\",\"advice\":\"" + std::string(10'000, 'a') + "\"}}\n";
      },
      false);
  Handle handle;
  EXPECT_LT(Open(handle), 0);
  holdfast_error error{};
  error.size = sizeof error;
  EXPECT_EQ(holdfast_last_error(&error), HOLDFAST_OK);
  EXPECT_LT(::strnlen(error.check, sizeof error.check), sizeof error.check);
  EXPECT_LT(::strnlen(error.message, sizeof error.message), sizeof error.message);
  EXPECT_LT(::strnlen(error.advice, sizeof error.advice), sizeof error.advice);
}

TEST_F(HostileAgentTest, TheSocketMissingIsNamed) {
  socket = (home.path() / "nowhere").string();
  EXPECT_EQ(Opening(), "no_agent agent.absent");
}

TEST_F(HostileAgentTest, AFileThatIsNoSocketIsNamed) {
  socket = (home.path() / "file").string();
  std::ofstream(socket) << "x";
  EXPECT_EQ(Opening(), "no_agent agent.absent");
}

TEST_F(HostileAgentTest, APathTooLongForASocketIsNamed) {
  socket = std::string(200, 'x');
  EXPECT_EQ(Opening(), "invalid_argument argument.socket");
}

TEST_F(HostileAgentTest, AFullBacklogIsWaitedForNoLongerThanTheTimeout) {
  timeout_ms = 100;
  socket = (home.path() / "full").string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* at = reinterpret_cast<const sockaddr*>(&address);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(listener, at, sizeof address), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  std::vector<int> waiting;
  do {
    waiting.push_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  } while (::connect(waiting.back(), at, sizeof address) == 0);
  EXPECT_EQ(Opening(), "timeout agent.timeout");
  for (int one : waiting) ::close(one);
  ::close(listener);
}

TEST_F(HostileAgentTest, ATimeoutInTheMiddleDoesNotMixUpLaterAnswers) {
  Handle handle = MustOpen();
  std::string late;
  agent.Change(
      [&](ScriptedAgent::Script& script) {
        script.on_wire = [&](const std::string& op, std::string& lines) {
          if (op == "consume" && late.empty()) late.swap(lines);
          return true;
        };
      },
      false);
  timeout_ms = 2000;
  Handle hasty = MustOpen();
  EXPECT_EQ(holdfast_consume(hasty.get(), "pages", 1, nullptr), HOLDFAST_TIMEOUT);
  EXPECT_EQ(holdfast_consume(handle.get(), "pages", 1, nullptr), HOLDFAST_OK);
}

}  // namespace
}  // namespace holdfast
