#include "agent/client/conversation.h"

#include "protocol/crypto/random.h"
#include "protocol/local/ec_point.h"

namespace holdfast::client {

Outcome<Conversation> Conversation::Begin(const std::string& socket, Trust& trust,
                                          const std::vector<std::string>& after, Deadline deadline) {
  std::optional<Unproven> ignored;
  return Begin(socket, trust, after, deadline, ignored);
}

Outcome<Conversation> Conversation::Begin(const std::string& socket, Trust& trust,
                                          const std::vector<std::string>& after, Deadline deadline,
                                          std::optional<Unproven>& unproven) {
  HOLDFAST_TRY(Connection connection, Connection::Open(socket, deadline));
  auto own = EcPrivateKey::Generate();
  if (!own) return Failed(HOLDFAST_INTERNAL, std::move(own.error()));
  const local::Challenge challenge{.product = trust.product(),
                                   .nonce = RandomBytes(local::kChallengeNonceSize),
                                   .key = local::EcPointOf(own->public_key())};
  std::string lines = local::FormatChallenge(challenge) + "\n";
  for (const std::string& request : after) lines += request + "\n";
  // An agent that has too many connections says so and closes: what it said is still there to be read.
  if (auto sent = connection.Send(lines, deadline); !sent && sent.error().code != HOLDFAST_NO_AGENT)
    return tl::unexpected(std::move(sent.error()));
  HOLDFAST_TRY(const std::string line, connection.ReceiveLine(local::kMaxAnswer, deadline));
  auto answer = local::ParseChallengeAnswer(line);
  if (!answer) {
    Failure failure{CodeOfAnswer(answer.error()), std::move(answer.error())};
    if (failure.code == HOLDFAST_UNPROVEN) unproven.emplace(Unproven{failure, std::move(connection)});
    return tl::unexpected(std::move(failure));
  }
  HOLDFAST_TRY(Proven proven, trust.Verify(challenge, *own, *answer));
  return Conversation(std::move(connection), std::move(proven));
}

Outcome<std::string> Conversation::Ask(const std::string& request, Deadline deadline) {
  if (auto sent = connection_.Send(request + "\n", deadline); !sent) {
    over_ = true;
    return tl::unexpected(std::move(sent.error()));
  }
  return Receive(request, deadline);
}

Outcome<std::string> Conversation::Receive(const std::string& request, Deadline deadline) {
  auto line = connection_.ReceiveLine(local::kMaxAnswer + local::kAnswerMacSize + 1, deadline);
  over_ = true;  // until it is known to be well
  if (!line) return line;
  auto text = answers_.Open(Sha256(AsBytes(request)), *line);
  if (!text) return FailedProof(std::move(text.error()));
  over_ = false;
  std::string answer(*text);
  Wipe(*line);  // it may have had a key in it
  return answer;
}

}  // namespace holdfast::client
