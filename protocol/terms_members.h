// Members that product files and license terms have in common, and what speaks of these. Not for users of the protocol.
#pragma once

#include <span>

#include "protocol/terms.h"

namespace holdfast {

// Reads the members of one object, then ends it: unknown members are an error, or skipped when `lenient`,
// which is for terms of a newer minor.
Status FinishMembers(JsonObject& object, const Json& value, bool lenient);

// A required text of 1 to `max_size` octets without control characters.
std::string ReadDisplayText(JsonObject& object, std::string_view name, size_t max_size);
std::string ReadIdentifier(JsonObject& object, std::string_view name);

// The value whose name (by `name_of`) is the member's text; an error lists the choices.
template <class T>
T ReadChoice(JsonObject& object, std::string_view name, std::span<const T> choices,
             std::string_view (*name_of)(T), std::string_view otherwise = {}) {
  const std::string text = otherwise.empty() ? object.String(name, 32) : object.String(name, 32, otherwise);
  std::string known;
  for (T choice : choices) {
    if (text == name_of(choice)) return choice;
    known += (known.empty() ? "" : ", ") + std::string(name_of(choice));
  }
  object.Fault(name, "not one of " + known);
  return choices[0];
}

MeterPeriod ReadMeterPeriod(JsonObject& object);  // the required member "period"

inline constexpr AssuranceClass kAssuranceClasses[] = {AssuranceClass::kHwTpm, AssuranceClass::kVtpm,
                                                       AssuranceClass::kHost};

// edition, features, limits and keys of `object`; the latter three may be absent.
Result<Grants> ReadGrants(JsonObject& object, const std::string& context, bool lenient);
// The optional member "fallback": an object of the same four.
Result<std::optional<Grants>> ReadFallback(JsonObject& object, const std::string& context, bool lenient);
// The optional member "policies"; what it does not name is as in Policies{}.
Result<Policies> ReadPolicies(JsonObject& object, const std::string& context, bool lenient);
// The optional member "agent_absence": kAgentAbsence where it is not there, at most kMaxAgentAbsence.
Seconds ReadAgentAbsence(JsonObject& object);
// The optional member "vouchers".
Result<std::optional<Vouchers>> ReadVouchers(JsonObject& object, const std::string& context, bool lenient);
// The optional member "repairs".
Result<std::optional<Repairs>> ReadRepairs(JsonObject& object, const std::string& context, bool lenient);
// The optional member "warn_before": positive durations, each shorter than the one before it.
std::vector<Seconds> ReadWarnings(JsonObject& object, std::vector<Seconds> otherwise);

}  // namespace holdfast
