#include "agent/client/calls.h"

#include <cstring>

#include "agent/client/names.h"
#include "protocol/crypto/error_mark.h"
#include "protocol/json_text.h"
#include "protocol/local/answer.h"

namespace holdfast::client {
namespace {

constexpr size_t kMaxReasons = 64, kMaxReasonSize = 64;

Outcome<Json> ParseText(const std::string& text) {
  auto answer = local::ParseAnswer(text);
  if (!answer) return FailedAnswer(std::move(answer.error()));
  return std::move(*answer);
}

tl::unexpected<Failure> NotUnderstood(std::string_view member) {
  return Failed(HOLDFAST_AGENT_INVALID, "decision." + std::string(member),
                "the agent's answer is not understood");
}

// DECISION of docs/local-api.md; members beyond are for people.
Outcome<LimitDecision> ReadDecision(const Json& answer) {
  const auto allowed = answer.find("allowed");
  const auto reasons = answer.find("reasons");
  if (allowed == answer.end() || !allowed->is_boolean()) return NotUnderstood("allowed");
  if (reasons == answer.end() || !reasons->is_array() || reasons->empty() || reasons->size() > kMaxReasons ||
      !reasons->front().is_string() || reasons->front().get_ref<const std::string&>().size() > kMaxReasonSize)
    return NotUnderstood("reasons");
  return LimitDecision{allowed->get<bool>(), ReasonOf(reasons->front().get_ref<const std::string&>())};
}

std::optional<int64_t> Number(const Json& json, std::string_view name) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_number_integer()) return {};
  const auto number = found->get<int64_t>();
  return number >= 0 ? std::optional(number) : std::nullopt;
}

// The limits of a product's license in the answer of `status`; nullptr: there is no such license.
Outcome<const Json*> LimitsOf(const Json& status, const std::string& product) {
  const auto licenses = status.find("licenses");
  if (licenses == status.end() || !licenses->is_array()) return NotUnderstood("licenses");
  for (const Json& license : *licenses) {
    const auto name = license.is_object() ? license.find("product") : license.end();
    if (!license.is_object() || name == license.end() || *name != product) continue;
    const auto limits = license.find("limits");
    if (limits == license.end() || !limits->is_object()) return NotUnderstood("limits");
    return &*limits;
  }
  return nullptr;
}

class Locked {
 public:
  Locked(std::timed_mutex& mutex, Deadline deadline) : lock_(mutex, deadline - CoarseClock::now()) {}
  Outcome<void> Check() const {
    if (lock_.owns_lock()) return {};
    return Failed(HOLDFAST_TIMEOUT, "agent.timeout",
                  "another call of this handle has waited for the agent all the time");
  }

 private:
  std::unique_lock<std::timed_mutex> lock_;
};

}  // namespace

Json Calls::Request(std::string_view op) const {
  return Json{{"op", op}, {"product", trust_.product()}};
}

Outcome<LimitDecision> Calls::Hold(const std::string& limit, int64_t amount) {
  Json request = Request("hold");
  request["amount"] = amount;
  return ChangeHeld(std::move(request), limit);
}

Outcome<LimitDecision> Calls::Release(const std::string& limit, std::optional<int64_t> amount) {
  Json request = Request("release");
  if (amount) request["amount"] = *amount;
  return ChangeHeld(std::move(request), limit);
}

Outcome<LimitDecision> Calls::Set(const std::string& limit, int64_t amount) {
  Json request = Request("set");
  request["amount"] = amount;
  return ChangeHeld(std::move(request), limit);
}

Outcome<LimitDecision> Calls::ChangeHeld(Json request, const std::string& limit) {
  const ErrorMark mark;
  const Deadline deadline = CoarseClock::now() + timeout_;
  const Locked lock(held_line_.mutex, deadline);
  HOLDFAST_CHECK(lock.Check());
  request["limit"] = limit;
  HOLDFAST_TRY(const Json answer, AskHeld(request, deadline));
  HOLDFAST_TRY(const LimitDecision decision, ReadDecision(answer));
  const int64_t held = Number(answer, "held").value_or(0);
  if (held > 0) {
    held_[limit] = held;
  } else {
    held_.erase(limit);
  }
  return decision;
}

Outcome<LimitFigures> Calls::Figures(const std::string& limit) {
  const ErrorMark mark;
  const Deadline deadline = CoarseClock::now() + timeout_;
  const Locked lock(held_line_.mutex, deadline);
  HOLDFAST_CHECK(lock.Check());
  HOLDFAST_TRY(const Json answer, AskHeld(Json{{"op", "status"}}, deadline));
  HOLDFAST_TRY(const Json* limits, LimitsOf(answer, trust_.product()));
  const auto found = limits == nullptr ? Json::const_iterator() : limits->find(limit);
  if (limits == nullptr || found == limits->end()) return LimitFigures{};
  const auto max = found->is_object() ? Number(*found, "max") : std::nullopt;
  if (!max) return NotUnderstood("max");
  const auto held = held_.find(limit);
  return LimitFigures{true, *max, held == held_.end() ? 0 : held->second, Number(*found, "used")};
}

Outcome<LimitDecision> Calls::Consume(const std::string& meter, int64_t amount) {
  const ErrorMark mark;
  const Deadline deadline = CoarseClock::now() + timeout_;
  const Locked lock(used_line_.mutex, deadline);
  HOLDFAST_CHECK(lock.Check());
  Json request = Request("consume");
  request["limit"] = meter;
  request["amount"] = amount;
  HOLDFAST_TRY(const Json answer, Ask(used_line_, request, deadline));
  return ReadDecision(answer);
}

Outcome<LimitDecision> Calls::Key(const std::string& name, uint8_t* key) {
  const ErrorMark mark;
  const Deadline deadline = CoarseClock::now() + timeout_;
  HOLDFAST_TRY(Conversation conversation, Conversation::Begin(socket_, trust_, {}, deadline));
  Json request = Request("key");
  request["name"] = name;
  HOLDFAST_TRY(std::string text, conversation.Ask(FormatJson(request), deadline));
  auto answer = ParseText(text);
  Wipe(text);
  if (!answer) return tl::unexpected(std::move(answer.error()));
  HOLDFAST_TRY(const LimitDecision decision, ReadDecision(*answer));
  if (!decision.allowed) return decision;
  const auto found = answer->find("key");
  if (found == answer->end() || !found->is_string()) return NotUnderstood("key");
  auto& digits = found->get_ref<std::string&>();
  auto octets = HexDecode(digits);
  Wipe(digits);
  if (!octets || octets->size() != HOLDFAST_KEY_SIZE) return NotUnderstood("key");
  std::memcpy(key, octets->data(), HOLDFAST_KEY_SIZE);
  Wipe(*octets);
  return decision;
}

Outcome<Json> Calls::Ask(Line& line, const Json& request, Deadline deadline) {
  if (line.conversation && (line.conversation->over() || !line.conversation->connection().IsIdle()))
    line.conversation.reset();
  if (!line.conversation) {
    HOLDFAST_TRY(Conversation conversation, Conversation::Begin(socket_, trust_, {}, deadline));
    if (&line == &held_line_) HOLDFAST_CHECK(HoldAgain(conversation, deadline));
    line.conversation.emplace(std::move(conversation));
  }
  auto text = line.conversation->Ask(FormatJson(request), deadline);
  if (!text) {
    line.conversation.reset();
    return tl::unexpected(std::move(text.error()));
  }
  return ParseText(*text);
}

Outcome<Json> Calls::AskHeld(const Json& request, Deadline deadline) {
  auto answer = Ask(held_line_, request, deadline);
  if (answer || answer.error().code != HOLDFAST_NO_AGENT || answer.error().error.check != "agent.closed")
    return answer;
  return Ask(held_line_, request, deadline);
}

Outcome<void> Calls::HoldAgain(Conversation& conversation, Deadline deadline) {
  for (auto held = held_.begin(); held != held_.end();) {
    Json request = Request("set");
    request["limit"] = held->first;
    request["amount"] = held->second;
    HOLDFAST_TRY(const std::string text, conversation.Ask(FormatJson(request), deadline));
    const auto answer = ParseText(text);
    const bool again = answer && Number(*answer, "held") == held->second;
    held = again ? std::next(held) : held_.erase(held);
  }
  return {};
}

}  // namespace holdfast::client
