#include "agent/client/fake/decisions.h"

#include <fstream>
#include <iterator>

#include "agent/client/names.h"
#include "protocol/strict_json.h"

namespace holdfast::client::fake {
namespace {

constexpr size_t kMaxFile = 256 * 1024;

std::optional<FeatureValue> ValueOf(const Json& json) {
  if (json == true) return FeatureValue(true);
  if (json.is_number_integer()) return FeatureValue(json.get<int64_t>());
  if (json.is_string()) return FeatureValue(json.get<std::string>());
  return {};
}

void ReadFeatures(JsonObject& o, Decisions& decisions) {
  if (const Json* features = o.OptionalObject("features"))
    for (const auto& [name, json] : features->items()) {
      const auto value = ValueOf(json);
      if (!value)
        return o.Fault("features",
                       "a value is true, an integer or a text; what is not granted stands in \"denied\"");
      decisions.features.emplace(name, *value);
    }
  if (const Json* denied = o.OptionalObject("denied"))
    for (const auto& [name, json] : denied->items()) {
      const holdfast_reason reason =
          json.is_string() ? ReasonOf(json.get<std::string>()) : HOLDFAST_REASON_OTHER;
      if (reason == HOLDFAST_REASON_OTHER)
        return o.Fault("denied", "there is no such reason as that of \"" + name + "\"");
      decisions.denied.emplace(name, reason);
    }
}

void ReadLimits(JsonObject& o, Decisions& decisions) {
  if (const Json* limits = o.OptionalObject("limits"))
    for (const auto& [name, json] : limits->items()) {
      if (!json.is_number_integer() || json.get<int64_t>() < 0)
        return o.Fault("limits", "a limit is a number");
      decisions.limits.emplace(name, json.get<int64_t>());
    }
  if (const Json* keys = o.OptionalObject("keys"))
    for (const auto& [name, json] : keys->items()) {
      auto key = HexDecode(json.is_string() ? json.get<std::string>() : "");
      if (!key || key->size() != HOLDFAST_KEY_SIZE) return o.Fault("keys", "a key has 64 hexadecimal digits");
      decisions.keys.emplace(name, std::move(*key));
    }
}

void ReadStanding(JsonObject& o, Decisions& decisions) {
  const std::string state = o.String("state", 64, "active");
  decisions.state = StateOf(state);
  if (decisions.state == HOLDFAST_STATE_OTHER) return o.Fault("state", "there is no such state");
  if (const Json* reasons = o.OptionalArray("reasons", HOLDFAST_MAX_REASONS))
    for (const Json& json : *reasons)
      decisions.reasons.push_back(json.is_string() ? ReasonOf(json.get<std::string>())
                                                   : HOLDFAST_REASON_OTHER);
  // Most states have a reason of their name.
  if (decisions.reasons.empty()) decisions.reasons.push_back(ReasonOf(state));
  decisions.edition = o.String("edition", 64, "");
  decisions.expires = o.OptionalTime("expires");
  decisions.days_left = o.Integer("days_left", INT32_MIN, INT32_MAX, 0);
}

}  // namespace

Outcome<Decisions> Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Decisions decisions;
  decisions.text.assign(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open())
    return Failed(HOLDFAST_INVALID_ARGUMENT, "fake.file", "libholdfast-fake cannot read '" + path + "'",
                  "set HOLDFAST_FAKE to a file of decisions");
  const auto fault = [&path](Error error) {
    error.message = path + ": " + error.message;
    return Failed(HOLDFAST_INVALID_ARGUMENT, std::move(error));
  };
  auto json = ParseJson(decisions.text, kMaxFile);
  if (!json) return fault(std::move(json.error()));
  JsonObject o(*json, "fake");
  ReadFeatures(o, decisions);
  ReadLimits(o, decisions);
  ReadStanding(o, decisions);
  if (auto status = o.Finish(); !status) return fault(std::move(status.error()));
  return decisions;
}

}  // namespace holdfast::client::fake
