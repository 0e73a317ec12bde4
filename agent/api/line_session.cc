#include "agent/api/line_session.h"

#include "protocol/json_text.h"

namespace holdfast::api {

std::optional<ApiRequest> LineSession::Run() {
  if (waiting_ || closing_ || watching_) return {};
  size_t done = 0;
  std::optional<ApiRequest> slow;
  for (int turn = 0; turn < kRequestsPerTurn && output_.size() < kMaxLine && !slow && !watching_; turn++) {
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
    handled_++;
  }
  input_.erase(0, done);
  has_more_ = input_.find('\n') != std::string::npos;
  waiting_ = slow.has_value();
  return slow;
}

std::optional<ApiRequest> LineSession::Handle(std::string_view line) {
  if (answers_) asked_ = Sha256(AsBytes(line));
  auto request = ParseApiRequest(line, max_line());
  if (!request) {
    Answer(ErrorAnswer(request.error()));
    return {};
  }
  if (const auto* challenge = std::get_if<local::Challenge>(&*request)) {
    Challenge(*challenge);
  } else if (std::holds_alternative<WatchRequest>(*request)) {
    Watch();
  } else {
    auto outcome = Dispatch(service(), asker(), std::move(*request));
    if (auto* slow = std::get_if<ApiRequest>(&outcome)) return std::move(*slow);
    Answer(std::get<Json>(outcome));
  }
  return {};
}

// The answer itself has no code: its signature says all of it.
void LineSession::Challenge(const local::Challenge& challenge) {
  if (answers_)
    return Answer(ErrorAnswer({ErrorKind::kConflict, "challenge.repeated",
                               "this connection was challenged already", "open another one"}));
  auto answered = service().Challenge(challenge);
  if (!answered) return Answer(ErrorAnswer(answered.error()));
  Answer(local::FormatChallengeAnswer(answered->answer));
  answers_.emplace(std::move(answered->key));
}

void LineSession::Watch() {
  watching_ = true;
  told_ = service().generation();
  page_answer_ = Line({{"ok", true}, {"generation", told_}});
}

void LineSession::Tell(int64_t generation) {
  told_ = generation;
  Answer({{"event", "changed"}, {"generation", generation}});
}

void LineSession::Finish(const Json& answer) {
  waiting_ = false;
  Answer(answer);
}

void LineSession::Answer(const Json& answer) {
  output_ += Line(answer);
}

std::string LineSession::Line(const Json& answer) {
  std::string text = FormatJson(answer);
  if (answers_) text = answers_->Seal(asked_, text);
  return text + '\n';
}

}  // namespace holdfast::api
