// Questions that only the agent can answer: what is held, used up, or opened by the TPM. Each is one round trip.
//
// What is held belongs to a connection: one is kept for that as long as something was held, and when the agent was restarted, what was held is taken again
// on the next one. Using up has another one, so that a TPM that is slow does not cost the seats. Keys are rare, and have one each.
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "agent/client/conversation.h"

namespace holdfast::client {

struct LimitDecision {
  bool allowed = false;
  holdfast_reason reason = HOLDFAST_REASON_OTHER;
};
struct LimitFigures {
  bool known = false;  // does what applies now have such a limit?
  int64_t max = 0, held = 0;
  std::optional<int64_t> used;
};

// All errors: those of Conversation and of CodeOfAnswer. Thread safe; calls wait for each other, for the timeout at most.
class Calls {
 public:
  // `trust` must live as long.
  Calls(std::string socket, Trust& trust, Milliseconds timeout)
      : socket_(std::move(socket)), trust_(trust), timeout_(timeout) {}

  // Amounts are positive; nothing: all of it.
  Outcome<LimitDecision> Hold(const std::string& limit, int64_t amount);
  Outcome<LimitDecision> Release(const std::string& limit, std::optional<int64_t> amount);
  Outcome<LimitDecision> Set(const std::string& limit, int64_t amount);
  Outcome<LimitFigures> Figures(const std::string& limit);
  Outcome<LimitDecision> Consume(const std::string& meter, int64_t amount);
  // `key` is written when it is allowed: HOLDFAST_KEY_SIZE octets.
  Outcome<LimitDecision> Key(const std::string& name, uint8_t* key);

 private:
  struct Line {
    std::timed_mutex mutex;
    std::optional<Conversation> conversation;  // under mutex
  };
  Json Request(std::string_view op) const;
  Outcome<LimitDecision> ChangeHeld(Json request, const std::string& limit);
  // One question on the line, whose mutex is held.
  Outcome<Json> Ask(Line& line, const Json& request, Deadline deadline);
  // The same where nothing is lost by asking twice: the agent may have been restarted since.
  Outcome<Json> AskHeld(const Json& request, Deadline deadline);
  Outcome<void> HoldAgain(Conversation& conversation, Deadline deadline);

  const std::string socket_;
  Trust& trust_;
  const Milliseconds timeout_;
  Line held_line_, used_line_;
  std::map<std::string, int64_t> held_;  // under held_line_.mutex
};

}  // namespace holdfast::client
