#include "agent/client/inquiry.h"

#include "protocol/json_text.h"

namespace holdfast::client {
namespace {

const std::string& WatchRequest() {
  static const std::string request = FormatJson({{"op", "watch"}});
  return request;
}

std::string EntitlementsRequest(const Trust& trust) {
  return FormatJson({{"op", "entitlements"}, {"product", trust.product()}});
}

template <class T>
Outcome<T> AsAnswer(Result<T> result) {
  if (!result) return FailedAnswer(std::move(result.error()));
  return std::move(*result);
}

Outcome<local::Entitlements> ReadEntitlements(std::string_view text, const Trust& trust) {
  HOLDFAST_TRY(local::Entitlements entitlements, AsAnswer(local::ParseEntitlements(text)));
  if (entitlements.product != trust.product())
    return Failed(HOLDFAST_AGENT_INVALID, "entitlements.product", "the answer is about another product");
  return entitlements;
}

Outcome<std::shared_ptr<const WatchedPage>> ReadWatch(std::string_view text, Connection& connection) {
  HOLDFAST_TRY([[maybe_unused]] const Json answer, AsAnswer(local::ParseAnswer(text)));
  return WatchedPage::Map(connection.TakeDescriptor());
}

// The page is younger than the decisions: when its generation is not theirs, something may have changed in between, and it is asked again.
Findings Find(const local::Entitlements& entitlements, Belief belief, std::optional<Failure> unproven,
              Moment asked, std::shared_ptr<const WatchedPage> page, Connection connection) {
  Snapshot snapshot = MakeSnapshot(entitlements, belief, asked);
  snapshot.page = std::move(page);
  snapshot.generation = static_cast<uint64_t>(entitlements.generation);
  return {std::move(snapshot), std::move(unproven), std::move(connection)};
}

Outcome<Findings> Believed(Conversation conversation, const Trust& trust, Deadline deadline, Moment asked) {
  HOLDFAST_TRY(const std::string text, conversation.Receive(EntitlementsRequest(trust), deadline));
  HOLDFAST_TRY(const local::Entitlements entitlements, ReadEntitlements(text, trust));
  HOLDFAST_TRY(const std::string watch, conversation.Receive(WatchRequest(), deadline));
  HOLDFAST_TRY(auto page, ReadWatch(watch, conversation.connection()));
  const Belief belief = conversation.grants() ? Belief::kProven : Belief::kTakesAway;
  return Find(entitlements, belief, std::nullopt, asked, std::move(page),
              std::move(conversation.connection()));
}

// The same lines, without authentication.
Outcome<Findings> TakenAway(Conversation::Unproven unproven, const Trust& trust, Deadline deadline,
                            Moment asked) {
  Connection& connection = unproven.connection;
  HOLDFAST_TRY(const std::string text, connection.ReceiveLine(local::kMaxAnswer, deadline));
  HOLDFAST_TRY(const local::Entitlements entitlements, ReadEntitlements(text, trust));
  HOLDFAST_TRY(const std::string watch, connection.ReceiveLine(local::kMaxAnswer, deadline));
  HOLDFAST_TRY(auto page, ReadWatch(watch, connection));
  Findings findings =
      Find(entitlements, Belief::kTakesAway, unproven.failure, asked, std::move(page), std::move(connection));
  if (unproven.failure.error.kind == ErrorKind::kUnavailable ||
      findings.snapshot.standing.state == HOLDFAST_STATE_HARDWARE_UNAVAILABLE)
    return tl::unexpected(std::move(unproven.failure));
  return findings;
}

}  // namespace

Outcome<Findings> Inquire(const std::string& socket, Trust& trust, Deadline deadline) {
  const Moment asked = CoarseClock::now();
  std::optional<Conversation::Unproven> unproven;
  auto conversation =
      Conversation::Begin(socket, trust, {EntitlementsRequest(trust), WatchRequest()}, deadline, unproven);
  if (conversation) return Believed(std::move(*conversation), trust, deadline, asked);
  if (!unproven) return tl::unexpected(std::move(conversation.error()));
  auto taken = TakenAway(std::move(*unproven), trust, deadline, asked);
  // What it says beyond that it cannot vouch may be of no use: then that it cannot is the error.
  if (!taken) return tl::unexpected(std::move(conversation.error()));
  return taken;
}

}  // namespace holdfast::client
