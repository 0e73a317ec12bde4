#include "protocol/terms_members.h"

#include "protocol/display_text.h"

namespace holdfast {
namespace {

constexpr LimitKind kLimitKinds[] = {LimitKind::kSeats, LimitKind::kGauge, LimitKind::kMeter};
constexpr Policy kPolicies[] = {Policy::kAllow, Policy::kWarn, Policy::kDeny};
constexpr ClonePolicy kClonePolicies[] = {ClonePolicy::kAllow, ClonePolicy::kWarn, ClonePolicy::kDeny,
                                          ClonePolicy::kSuspend};

std::string Quoted(std::string_view id) {
  return "\"" + Quotable(id) + "\"";
}

Result<FeatureValue> ParseFeature(const std::string& id, const Json& value, const std::string& check) {
  if (!IsIdentifier(id)) return Malformed(check, Quoted(id) + " is not an identifier");
  if (value.is_boolean()) return FeatureValue(value.get<bool>());
  if (value.is_number_integer()) {
    const auto number = value.get<int64_t>();
    if (number < -kMaxNumber || number > kMaxNumber)
      return Malformed(check, "feature " + Quoted(id) + ": a number beyond 53 bits");
    return FeatureValue(number);
  }
  if (value.is_string() && IsDisplayText(value.get_ref<const std::string&>(), kMaxTextSize))
    return FeatureValue(value.get<std::string>());
  return Malformed(check, "feature " + Quoted(id) + ": not true, false, an integer, or a text of at most " +
                              std::to_string(kMaxTextSize) + " octets");
}

Result<Limit> ParseLimit(const std::string& id, const Json& value, const std::string& context, bool lenient) {
  if (!IsIdentifier(id)) return Malformed(context, Quoted(id) + " is not an identifier");
  JsonObject o(value, context);
  Limit limit;
  limit.kind = ReadChoice<LimitKind>(o, "kind", kLimitKinds, LimitKindName);
  limit.max = o.Integer("max", 0, kMaxNumber);
  if (limit.kind == LimitKind::kMeter)
    limit.period = ReadMeterPeriod(o);
  else if (o.Has("period"))
    o.Fault("period", "only a meter has a period");
  limit.overage_percent = static_cast<int>(o.Integer("overage_percent", 0, kMaxOveragePercent, 0));
  if (const Json* only = o.OptionalObject("only")) {
    HOLDFAST_TRY(limit.only, ParseCallers(*only, context));
  }
  if (auto status = FinishMembers(o, value, lenient); !status)
    return Malformed(status.error().check, "limit " + Quoted(id) + ": " + status.error().message);
  return limit;
}

Result<std::set<std::string>> ReadKeys(JsonObject& object, const std::string& check) {
  std::set<std::string> keys;
  const Json* array = object.OptionalArray("keys", kMaxKeys);
  if (!array) return keys;
  for (const Json& item : *array) {
    if (!item.is_string() || !IsIdentifier(item.get_ref<const std::string&>()))
      return Malformed(check, "a content key's name is not an identifier");
    if (!keys.insert(item.get<std::string>()).second)
      return Malformed(check, "content key " + Quoted(item.get<std::string>()) + " is there twice");
  }
  return keys;
}

}  // namespace

MeterPeriod ReadMeterPeriod(JsonObject& object) {
  constexpr MeterPeriod kPeriods[] = {MeterPeriod::kNever, MeterPeriod::kMonth, MeterPeriod::kYear};
  return ReadChoice<MeterPeriod>(object, "period", kPeriods, MeterPeriodName);
}

bool IsIdentifier(std::string_view text) {
  auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (text.empty() || text.size() > 64 || !alphanumeric(text[0])) return false;
  for (char c : text)
    if (!alphanumeric(c) && c != '.' && c != '_' && c != '-') return false;
  return true;
}

Status FinishMembers(JsonObject& object, const Json& value, bool lenient) {
  if (lenient && value.is_object())
    for (const auto& [name, unused] : value.items()) object.Accept(name);
  return object.Finish();
}

std::string ReadDisplayText(JsonObject& object, std::string_view name, size_t max_size) {
  std::string text = object.String(name, max_size);
  if (text.empty()) object.Fault(name, "empty");
  if (!IsDisplayText(text, max_size)) object.Fault(name, "holds control or invisible characters");
  return text;
}

std::string ReadIdentifier(JsonObject& object, std::string_view name) {
  std::string text = object.String(name, 64);
  if (!IsIdentifier(text)) object.Fault(name, "not an identifier (a-z, 0-9, '.', '_', '-', at most 64)");
  return text;
}

Result<Grants> ReadGrants(JsonObject& object, const std::string& context, bool lenient) {
  Grants grants;
  grants.edition = ReadIdentifier(object, "edition");
  const std::string features_check = context + ".features", limits_check = context + ".limits";
  if (const Json* features = object.OptionalObject("features")) {
    if (features->size() > kMaxFeatures) return Malformed(features_check, "more than 256 features");
    for (const auto& [id, value] : features->items()) {
      HOLDFAST_TRY(FeatureValue feature, ParseFeature(id, value, features_check));
      grants.features.emplace(id, std::move(feature));
    }
  }
  if (const Json* limits = object.OptionalObject("limits")) {
    if (limits->size() > kMaxLimits) return Malformed(limits_check, "more than 64 limits");
    for (const auto& [id, value] : limits->items()) {
      HOLDFAST_TRY(Limit limit, ParseLimit(id, value, limits_check, lenient));
      grants.limits.emplace(id, limit);
    }
  }
  HOLDFAST_TRY(grants.keys, ReadKeys(object, context + ".keys"));
  return grants;
}

Result<std::optional<Grants>> ReadFallback(JsonObject& object, const std::string& context, bool lenient) {
  const Json* value = object.OptionalObject("fallback");
  if (!value) return std::optional<Grants>();
  const std::string inner = context + ".fallback";
  JsonObject o(*value, inner);
  HOLDFAST_TRY(Grants grants, ReadGrants(o, inner, lenient));
  HOLDFAST_CHECK(FinishMembers(o, *value, lenient));
  return std::optional<Grants>(std::move(grants));
}

Result<Policies> ReadPolicies(JsonObject& object, const std::string& context, bool lenient) {
  Policies policies;
  const Json* value = object.OptionalObject("policies");
  if (!value) return policies;
  JsonObject o(*value, context + ".policies");
  auto read = [&](std::string_view name, Policy& policy) {
    policy = ReadChoice<Policy>(o, name, kPolicies, PolicyName, PolicyName(policy));
  };
  read("clock", policies.clock);
  read("rollback", policies.rollback);
  policies.clone =
      ReadChoice<ClonePolicy>(o, "clone", kClonePolicies, ClonePolicyName, ClonePolicyName(policies.clone));
  HOLDFAST_CHECK(FinishMembers(o, *value, lenient));
  return policies;
}

Seconds ReadAgentAbsence(JsonObject& object) {
  const Seconds length = object.Duration("agent_absence", kAgentAbsence);
  if (length > kMaxAgentAbsence) object.Fault("agent_absence", "longer than 7 days");
  return length;
}

std::vector<Seconds> ReadWarnings(JsonObject& object, std::vector<Seconds> otherwise) {
  constexpr std::string_view kName = "warn_before";
  const Json* array = object.OptionalArray(kName, kMaxWarnings);
  if (!array) return otherwise;
  std::vector<Seconds> warnings;
  for (const Json& item : *array) {
    auto length = item.is_string() ? ParseDuration(item.get_ref<const std::string&>())
                                   : Malformed("duration.format", "not a duration like \"30d\"");
    if (!length) return object.Fault(kName, length.error().message), otherwise;
    if (length->count() == 0 || (!warnings.empty() && *length >= warnings.back()))
      return object.Fault(kName, "not positive, or not shorter than the one before it"), otherwise;
    warnings.push_back(*length);
  }
  return warnings;
}

Result<std::optional<Vouchers>> ReadVouchers(JsonObject& object, const std::string& context, bool lenient) {
  const Json* value = object.OptionalObject("vouchers");
  if (value == nullptr) return std::nullopt;
  JsonObject o(*value, context + ".vouchers");
  Vouchers vouchers{static_cast<int>(o.Integer("count", 1, kMaxVouchers)), o.Duration("length")};
  if (vouchers.length <= Seconds(0)) o.Fault("length", "not longer than nothing");
  HOLDFAST_CHECK(FinishMembers(o, *value, lenient));
  return vouchers;
}

Result<std::optional<Repairs>> ReadRepairs(JsonObject& object, const std::string& context, bool lenient) {
  const Json* value = object.OptionalObject("repairs");
  if (value == nullptr) return std::nullopt;
  JsonObject o(*value, context + ".repairs");
  Repairs repairs;
  repairs.per_year = static_cast<int>(o.Integer("per_year", 1, kMaxRepairs));
  repairs.emergency = o.Duration("emergency", repairs.emergency);
  HOLDFAST_CHECK(FinishMembers(o, *value, lenient));
  return repairs;
}

}  // namespace holdfast
