// An agent of software keys on a real socket, for whoever talks to agents: it says what a genuine one would, and what a test has it say in place of that.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "protocol/local/challenge.h"
#include "protocol/local/entitlements.h"
#include "protocol/local/session_statement.h"
#include "protocol/local/watch_page.h"
#include "tests/testing/pki.h"

namespace holdfast::testing {

class ScriptedAgent {
 public:
  struct Script {
    local::Entitlements entitlements;  // its generation is the page's
    LicenseFile license;
    local::SessionStatement statement;
    std::shared_ptr<SoftwareKey> statement_key;  // that signs the statement
    EcPrivateKey session_key;
    Time now = kPkiNow;
    std::optional<Error> unproven;  // the answer to a challenge
    int64_t seats = 10;             // of every limit
    std::string answer_to_key;      // empty: a key of 32 octets 0xaa
    // May change what is said in answer to `op`, before it is authenticated: as another version of the agent would have it.
    std::function<void(const std::string& op, Json& answer)> on_answer;
    // May change the lines that are sent in answer to `op`, their ends included. False: then the connection is closed.
    std::function<bool(const std::string& op, std::string& lines)> on_wire;
  };

  // Listens at once. Decisions: "export" is granted, "layers" is 7, "tier" is "gold", "macros" is not granted; the license is of TestPki::Terms() and the
  // session on the host that the test runs on.
  ScriptedAgent(const std::filesystem::path& socket, const TestPki& pki);
  ~ScriptedAgent();  // all connections are closed
  ScriptedAgent(const ScriptedAgent&) = delete;
  ScriptedAgent& operator=(const ScriptedAgent&) = delete;

  // Changes what it says from now on. It shows on the page, and those who watch are told, when `told`.
  void Change(const std::function<void(Script&)>& change, bool told = true);
  // Blocks until it was asked `op` so often since its beginning.
  void AwaitAsked(const std::string& op, int times);
  int asked(const std::string& op);
  int connections();                       // open now
  int64_t held(const std::string& limit);  // by all connections
  void StopLiving() { lives_ = false; }    // the page moves no more
  void Disconnect();                       // everybody

 private:
  struct Connection;
  void Accept();
  void Serve(Connection& connection);
  // The line in answer to `request`, unsealed.
  std::string AnswerTo(Connection& connection, const std::string& op, const Json& request);
  std::string Challenge(Connection& connection, const Json& request);
  Json Hold(Connection& connection, const std::string& op, const Json& request);
  void Tell();  // under mutex_

  const int listener_;
  int page_fd_ = -1;
  local::WatchPage* page_ = nullptr;
  std::atomic<bool> lives_ = true, stopping_ = false;
  std::mutex mutex_;
  std::condition_variable was_asked_;
  Script script_;  // under mutex_, as is
  std::map<std::string, int> asked_;
  Bytes signed_payload_;  // of the statement that was signed last: a genuine agent signs one for hours
  std::string session_;
  std::list<std::unique_ptr<Connection>> connections_;  // also those that have ended
  std::thread accepting_;
};

// Of the kernel that the test runs on.
std::string OwnBootId();

}  // namespace holdfast::testing
