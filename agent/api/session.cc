#include "agent/api/session.h"

#include "agent/api/decision_json.h"
#include "protocol/json_text.h"

namespace holdfast::api {

std::optional<ApiRequest> Session::Run() {
  if (waiting_ || closing_ || watching_) return {};
  size_t done = 0;
  std::optional<ApiRequest> slow;
  for (int turn = 0; turn < kLinesPerTurn && output_.size() < kMaxLine && !slow && !watching_; turn++) {
    const size_t end = input_.find('\n', done);
    const size_t length = (end == std::string::npos ? input_.size() : end) - done;
    if (length > max_line()) {
      asked_ = Sha256(ByteView());
      Answer(ErrorAnswer({ErrorKind::kMalformed, "api.size",
                          "a line of more than " + std::to_string(max_line()) + " octets", ""}));
      closing_ = true;
      input_.clear();
      return {};
    }
    if (end == std::string::npos) break;
    slow = Handle(std::string_view(input_).substr(done, length));
    done = end + 1;
    lines_++;
  }
  input_.erase(0, done);
  has_line_ = input_.find('\n') != std::string::npos;
  waiting_ = slow.has_value();
  return slow;
}

std::optional<ApiRequest> Session::Handle(std::string_view line) {
  if (answers_) asked_ = Sha256(AsBytes(line));
  auto request = ParseApiRequest(line, max_line());
  if (!request) {
    Answer(ErrorAnswer(request.error()));
    return {};
  }
  if (IsAdministration(*request)) {
    if (administrator_) return std::move(*request);
    Answer(ErrorAnswer({ErrorKind::kRefused, "api.permission",
                        "only root and the agent's own user may do this", "run it as root"}));
  } else if (const auto* check = std::get_if<CheckRequest>(&*request)) {
    Answer(service_.Check(*check));
  } else if (std::holds_alternative<LimitRequest>(*request) ||
             std::holds_alternative<ConsumeRequest>(*request)) {
    return HandleLimited(std::move(*request));
  } else if (const auto* key = std::get_if<KeyRequest>(&*request)) {
    const Json decision = service_.Key(*key);
    if (IsAllowed(decision)) return std::move(*request);
    Answer(decision);
  } else if (const auto* entitlements = std::get_if<EntitlementsRequest>(&*request)) {
    Answer(service_.Entitlements(*entitlements));
  } else if (const auto* challenge = std::get_if<local::Challenge>(&*request)) {
    Challenge(*challenge);
  } else if (std::holds_alternative<WatchRequest>(*request)) {
    Watch();
  } else {
    Answer(service_.Status());
  }
  return {};
}

std::optional<ApiRequest> Session::HandleLimited(ApiRequest request) {
  const auto* limit = std::get_if<LimitRequest>(&request);
  const auto* consume = std::get_if<ConsumeRequest>(&request);
  const bool gives_back = limit != nullptr && limit->verb == LimitVerb::kRelease;
  const std::string& product = limit != nullptr ? limit->product : consume->product;
  const std::string& name = limit != nullptr ? limit->limit : consume->limit;
  if (auto denied = gives_back ? std::nullopt : service_.Excluded(product, name, caller_)) {
    Answer(*denied);
  } else if (limit != nullptr) {
    Answer(service_.Limit(id_, *limit));
  } else {
    const auto outcome = service_.Consume(*consume);
    const auto* answer = std::get_if<Json>(&outcome);
    if (answer == nullptr) return request;
    Answer(*answer);
  }
  return {};
}

// The answer itself has no code: its signature says all of it.
void Session::Challenge(const local::Challenge& challenge) {
  if (answers_)
    return Answer(ErrorAnswer({ErrorKind::kConflict, "challenge.repeated",
                               "this connection was challenged already", "open another one"}));
  auto answered = service_.Challenge(challenge);
  if (!answered) return Answer(ErrorAnswer(answered.error()));
  Answer(local::FormatChallengeAnswer(answered->answer));
  answers_.emplace(std::move(answered->key));
}

void Session::Watch() {
  watching_ = true;
  told_ = service_.generation();
  page_answer_ = Line({{"ok", true}, {"generation", told_}});
}

void Session::Tell(int64_t generation) {
  told_ = generation;
  Answer({{"event", "changed"}, {"generation", generation}});
}

void Session::Finish(const Json& answer) {
  waiting_ = false;
  Answer(answer);
}

void Session::Answer(const Json& answer) {
  output_ += Line(answer);
}

std::string Session::Line(const Json& answer) {
  std::string text = FormatJson(answer);
  if (answers_) text = answers_->Seal(asked_, text);
  return text + '\n';
}

}  // namespace holdfast::api
