// The answer of the operation `entitlements`: every decision about a feature of one product, as it is now. What an application keeps, so that a check needs
// no question. Formatted by the agent, parsed by its clients; members that these do not know are ignored.
//
//   {"ok": true, "product", "generation", "time", "keep": "5m", "decisions": {"<feature>": {"allowed", "reasons", "value"}}, "otherwise": {...},
//    "advice": {"<reason>": "<text>"}, "license": LICENSE as in `status`, without what counts, and absent when none is installed}
#pragma once

#include <map>

#include "protocol/local/answer.h"
#include "protocol/terms.h"

namespace holdfast::local {

struct FeatureDecision {
  bool allowed = false;
  std::vector<std::string> reasons;   // names of docs/enforcement.md, the most serious first
  std::optional<FeatureValue> value;  // if and only if it is allowed: true, an integer, or a text
  bool operator==(const FeatureDecision&) const = default;
};

struct Entitlements {
  std::string product;
  int64_t generation = 0;  // as on the watch page when this was decided
  Time time;               // the agent's owned time then
  Seconds keep{0};         // how long this stands when the agent is gone (terms: agent_absence)
  std::map<std::string, FeatureDecision> decisions;  // every feature that the license names in any edition
  FeatureDecision otherwise;                         // about any other name
  std::map<std::string, std::string>
      advice;    // for the administrator, by reason: of those that are in here and have one
  Json license;  // null: none is installed
};
Json FormatEntitlements(const Entitlements& entitlements);
// Structure. Checks: those of ParseAnswer, entitlements.<member>, license.<member>.
Result<Entitlements> ParseEntitlements(std::string_view json);

// What is of use to a program of Entitlements::license.
struct LicenseLimit {
  LimitKind kind = LimitKind::kSeats;
  int64_t max = 0;
  int overage_percent = 0;
};
struct LicenseStatus {
  std::string state;
  std::vector<std::string> reasons;
  std::string edition;  // empty: none applies
  std::optional<Time> expires;
  std::optional<int64_t> days_left;
  std::map<std::string, LicenseLimit> limits;
};
// Check: license.<member>.
Result<LicenseStatus> ParseLicenseStatus(const Json& license);

}  // namespace holdfast::local
