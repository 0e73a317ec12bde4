// A connection whose other side has proven to be the agent: every answer is authenticated, numbered, and to its question.
#pragma once

#include "agent/client/connection.h"
#include "agent/client/trust.h"
#include "protocol/local/answer_mac.h"
#include "protocol/strict_json.h"

namespace holdfast::client {

class Conversation {
 public:
  // Connects and challenges. `after` are request lines that are sent with the challenge, to save round trips; their answers come from
  // Receive, in order. Errors: those of Connection, of Trust::Verify and CodeOfAnswer.
  static Outcome<Conversation> Begin(const std::string& socket, Trust& trust,
                                     const std::vector<std::string>& after, Deadline deadline);
  // What follows an agent's `challenge.unproven` on the same connection, which proves nothing; see Unproven.
  struct Unproven;
  static Outcome<Conversation> Begin(const std::string& socket, Trust& trust,
                                     const std::vector<std::string>& after, Deadline deadline,
                                     std::optional<Unproven>& unproven);

  // The JSON text of the answer to `request`, a line without its end. After an error the conversation is over.
  Outcome<std::string> Ask(const std::string& request, Deadline deadline);
  Outcome<std::string> Receive(const std::string& request, Deadline deadline);
  bool over() const { return over_; }
  bool grants() const { return grants_; }
  Connection& connection() { return connection_; }

 private:
  Conversation(Connection connection, Proven proven)
      : connection_(std::move(connection)), answers_(std::move(proven.key)), grants_(proven.grants) {}
  Connection connection_;
  local::AnswerSequence answers_;
  bool grants_, over_ = false;
};

// The agent, or what says that it is, cannot vouch for the license. It may still take away, and say why.
struct Conversation::Unproven {
  Failure failure;
  Connection connection;
};

}  // namespace holdfast::client
