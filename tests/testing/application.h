// What an application does at the agent's socket, for tests: lines, a challenge, answers with their codes, and the watch page. It believes no more than what
// the session statement says of itself; who it is from is for the test to judge.
#pragma once

#include <filesystem>

#include "protocol/local/answer_mac.h"
#include "protocol/local/challenge.h"
#include "protocol/local/session_statement.h"
#include "protocol/local/watch_page.h"

namespace holdfast::testing {

class Application {
 public:
  explicit Application(const std::filesystem::path& socket);  // throws when nobody listens
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  ~Application();
  void Close();  // the socket; what was mapped stays

  void Say(std::string_view line);
  std::string Read();  // a line without its end; empty: the agent has closed
  // Check: those of ParseChallengeAnswer and VerifyChallengeAnswer.
  Result<local::ChallengeAnswer> Challenge(const std::string& product);
  // One request, one answer, opened with its code after a challenge.
  Result<Json> Ask(const Json& request);
  // The next line to what was asked last.
  Result<Json> Next();
  // Maps the page that came with the last answer; nullptr: none came, or it is none.
  const local::WatchPage* Page();
  int page_descriptor() const { return page_descriptor_; }

 private:
  int socket_ = -1, page_descriptor_ = -1;
  void* page_ = nullptr;
  std::string input_;
  Sha256Digest asked_{};
  std::optional<local::AnswerSequence> answers_;
};

}  // namespace holdfast::testing
