#include "protocol/local/entitlements.h"

#include "protocol/display_text.h"
#include "protocol/terms_members.h"

namespace holdfast::local {
namespace {

constexpr size_t kMaxReasons = 32, kMaxReasonSize = 32, kMaxAdviceSize = 1024;
constexpr int64_t kMaxDays = 10'000 * 366;

bool IsReason(const Json& item) {
  return item.is_string() && item.get_ref<const std::string&>().size() <= kMaxReasonSize &&
         IsIdentifier(item.get_ref<const std::string&>());
}

std::vector<std::string> ReadReasons(JsonObject& o) {
  std::vector<std::string> reasons;
  const Json* array = o.Array("reasons", kMaxReasons);
  if (!array) return reasons;
  for (const Json& item : *array) {
    if (!IsReason(item)) return o.Fault("reasons", "not a list of reasons"), reasons;
    reasons.push_back(item.get<std::string>());
  }
  if (reasons.empty()) o.Fault("reasons", "there is always one");
  return reasons;
}

std::optional<FeatureValue> ValueFrom(const Json& json) {
  if (json == true) return FeatureValue(true);
  if (json.is_number_integer()) {
    const auto number = json.get<int64_t>();
    if (number >= -kMaxNumber && number <= kMaxNumber) return FeatureValue(number);
  }
  if (json.is_string() && IsDisplayText(json.get_ref<const std::string&>(), kMaxTextSize))
    return FeatureValue(json.get<std::string>());
  return {};
}

Result<FeatureDecision> ParseDecision(const Json& json, const std::string& context) {
  JsonObject o(json, context);
  FeatureDecision decision;
  decision.allowed = o.Bool("allowed");
  decision.reasons = ReadReasons(o);
  const auto value = json.is_object() ? json.find("value") : json.end();
  if (value != json.end()) decision.value = ValueFrom(*value);
  if (decision.allowed != decision.value.has_value() || (!decision.allowed && o.Has("value")))
    o.Fault("value", "there if and only if the feature is granted: true, an integer or a text");
  HOLDFAST_CHECK(FinishMembers(o, json, true));
  return decision;
}

Result<std::map<std::string, FeatureDecision>> ParseDecisions(const Json& json) {
  const std::string context = "entitlements.decisions";
  std::map<std::string, FeatureDecision> decisions;
  if (json.size() > 2 * kMaxFeatures) return Malformed(context, "more features than two editions can have");
  for (const auto& [name, item] : json.items()) {
    if (!IsIdentifier(name)) return Malformed(context, "a feature's name is not an identifier");
    HOLDFAST_TRY(FeatureDecision decision, ParseDecision(item, context));
    decisions.emplace(name, std::move(decision));
  }
  return decisions;
}

std::map<std::string, std::string> ReadAdvice(JsonObject& o) {
  std::map<std::string, std::string> advice;
  const Json* json = o.Object("advice");
  if (!json) return advice;
  for (const auto& [reason, text] : json->items()) {
    if (!IsReason(reason) || !text.is_string() ||
        !IsDisplayText(text.get_ref<const std::string&>(), kMaxAdviceSize))
      return o.Fault("advice", "not texts by reason"), advice;
    advice.emplace(reason, text.get<std::string>());
  }
  return advice;
}

Result<std::map<std::string, LicenseLimit>> ParseLimits(const Json& json) {
  constexpr LimitKind kKinds[] = {LimitKind::kSeats, LimitKind::kGauge, LimitKind::kMeter};
  std::map<std::string, LicenseLimit> limits;
  if (json.size() > kMaxLimits) return Malformed("license.limits", "more than 64 limits");
  for (const auto& [name, item] : json.items()) {
    if (!IsIdentifier(name)) return Malformed("license.limits", "a limit's name is not an identifier");
    JsonObject o(item, "license.limits");
    const LicenseLimit limit{ReadChoice<LimitKind>(o, "kind", kKinds, LimitKindName),
                             o.Integer("max", 0, kMaxNumber),
                             static_cast<int>(o.Integer("overage_percent", 0, kMaxOveragePercent, 0))};
    HOLDFAST_CHECK(FinishMembers(o, item, true));
    limits.emplace(name, limit);
  }
  return limits;
}

Json FormatDecision(const FeatureDecision& decision) {
  Json json{{"allowed", decision.allowed}, {"reasons", decision.reasons}};
  if (decision.value) std::visit([&json](const auto& value) { json["value"] = value; }, *decision.value);
  return json;
}

}  // namespace

Json FormatEntitlements(const Entitlements& entitlements) {
  Json json{{"ok", true},
            {"product", entitlements.product},
            {"generation", entitlements.generation},
            {"time", FormatTime(entitlements.time)},
            {"keep", FormatDuration(entitlements.keep)},
            {"decisions", Json::object()},
            {"otherwise", FormatDecision(entitlements.otherwise)},
            {"advice", Json::object()}};
  for (const auto& [name, decision] : entitlements.decisions)
    json["decisions"][name] = FormatDecision(decision);
  for (const auto& [reason, text] : entitlements.advice) json["advice"][reason] = text;
  if (!entitlements.license.is_null()) json["license"] = entitlements.license;
  return json;
}

Result<Entitlements> ParseEntitlements(std::string_view json) {
  HOLDFAST_TRY(const Json value, ParseAnswer(json));
  JsonObject o(value, "entitlements");
  Entitlements entitlements;
  entitlements.product = ReadIdentifier(o, "product");
  entitlements.generation = o.Integer("generation", 0, INT64_MAX);
  entitlements.time = o.Time("time");
  entitlements.keep = o.Duration("keep");
  if (entitlements.keep > kMaxAgentAbsence) o.Fault("keep", "longer than any license allows");
  const Json* decisions = o.Object("decisions");
  const Json* otherwise = o.Object("otherwise");
  entitlements.advice = ReadAdvice(o);
  const Json* license = o.OptionalObject("license");
  HOLDFAST_CHECK(FinishMembers(o, value, true));
  HOLDFAST_TRY(entitlements.decisions, ParseDecisions(*decisions));
  HOLDFAST_TRY(entitlements.otherwise, ParseDecision(*otherwise, "entitlements.otherwise"));
  if (license) {
    HOLDFAST_CHECK(ParseLicenseStatus(*license));
    entitlements.license = *license;
  }
  return entitlements;
}

Result<LicenseStatus> ParseLicenseStatus(const Json& license) {
  JsonObject o(license, "license");
  LicenseStatus status;
  status.state = ReadIdentifier(o, "state");
  status.reasons = ReadReasons(o);
  if (o.Has("edition")) status.edition = ReadIdentifier(o, "edition");
  status.expires = o.OptionalTime("expires");
  if (o.Has("days_left")) status.days_left = o.Integer("days_left", -kMaxDays, kMaxDays);
  const Json* limits = o.OptionalObject("limits");
  HOLDFAST_CHECK(FinishMembers(o, license, true));
  if (limits) {
    HOLDFAST_TRY(status.limits, ParseLimits(*limits));
  }
  return status;
}

}  // namespace holdfast::local
