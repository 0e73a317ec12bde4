#include "agent/api/session.h"

#include "agent/api/decision_json.h"
#include "protocol/json_text.h"

namespace holdfast::api {

std::optional<ApiRequest> Session::Run() {
  if (waiting_ || closing_) return {};
  size_t done = 0;
  std::optional<ApiRequest> slow;
  for (int turn = 0; turn < kLinesPerTurn && output_.size() < kMaxLine && !slow; turn++) {
    const size_t end = input_.find('\n', done);
    const size_t length = (end == std::string::npos ? input_.size() : end) - done;
    if (length > max_line()) {
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
  } else if (const auto* limit = std::get_if<LimitRequest>(&*request)) {
    Answer(service_.Limit(id_, *limit));
  } else if (const auto* consume = std::get_if<ConsumeRequest>(&*request)) {
    auto outcome = service_.Consume(*consume);
    const auto* answer = std::get_if<Json>(&outcome);
    if (answer == nullptr) return std::move(*request);
    Answer(*answer);
  } else if (const auto* key = std::get_if<KeyRequest>(&*request)) {
    const Json decision = service_.Key(*key);
    if (IsAllowed(decision)) return std::move(*request);
    Answer(decision);
  } else {
    Answer(service_.Status());
  }
  return {};
}

void Session::Finish(const Json& answer) {
  waiting_ = false;
  Answer(answer);
}

void Session::Answer(const Json& answer) {
  output_ += FormatJson(answer);
  output_ += '\n';
}

}  // namespace holdfast::api
