#include "agent/client/snapshot.h"

#include <algorithm>

#include "agent/client/names.h"
#include "protocol/json_text.h"

namespace holdfast::client {
namespace {

// The agent is asked again as often as this also where a license lets its decisions stand for longer: so what stands when it goes away is
// never much older than the page said.
constexpr Milliseconds kAskAgain = std::chrono::minutes(15);
constexpr Milliseconds kAskAtMost =
    std::chrono::seconds(3);  // and not more often, where they stand for no time at all

Verdict VerdictOf(const local::FeatureDecision& decision, Belief belief) {
  if (decision.allowed && belief != Belief::kProven) return {false, HOLDFAST_REASON_AGENT_UNPROVEN, false};
  return {decision.allowed, ReasonOf(decision.reasons.front()), decision.value.value_or(false)};
}

// Of a state that grants nothing, with one reason.
Standing Nothing(const std::string& product, holdfast_state state, holdfast_reason reason) {
  const Json json{{"product", product}, {"state", NameOf(state)}, {"reasons", Json::array({NameOf(reason)})}};
  return {.state = state, .reasons = {reason}, .json = FormatJson(json)};
}

Standing StandingOf(const local::Entitlements& entitlements, Belief belief) {
  if (entitlements.license.is_null())
    return Nothing(entitlements.product, HOLDFAST_STATE_NONE, HOLDFAST_REASON_NO_LICENSE);
  // It was parsed with the rest: it cannot fail.
  const local::LicenseStatus license =
      local::ParseLicenseStatus(entitlements.license).value_or(local::LicenseStatus{});
  // An edition applies, as it says.
  if (belief != Belief::kProven && !license.edition.empty())
    return Nothing(entitlements.product, HOLDFAST_STATE_AGENT_UNPROVEN, HOLDFAST_REASON_AGENT_UNPROVEN);
  Standing standing{.state = StateOf(license.state),
                    .reasons = {},
                    .edition = license.edition,
                    .expires = license.expires,
                    .days_left = license.days_left,
                    .json = FormatJson(entitlements.license)};
  for (const std::string& name : license.reasons) standing.reasons.push_back(ReasonOf(name));
  return standing;
}

}  // namespace

Snapshot MakeSnapshot(const local::Entitlements& entitlements, Belief belief, Moment asked) {
  std::map<std::string, Verdict> decisions;
  for (const auto& [feature, decision] : entitlements.decisions)
    decisions.emplace(feature, VerdictOf(decision, belief));
  const Milliseconds keep(entitlements.keep);
  return {.verdicts = Verdicts(decisions, VerdictOf(entitlements.otherwise, belief)),
          .standing = StandingOf(entitlements, belief),
          .keep = keep,
          .asked = asked,
          .due = asked + std::clamp(keep, kAskAtMost, kAskAgain)};
}

Snapshot GoneSnapshot(const std::string& product) {
  return {.verdicts = Verdicts({}, {false, HOLDFAST_REASON_AGENT_GONE, false}),
          .standing = Nothing(product, HOLDFAST_STATE_AGENT_GONE, HOLDFAST_REASON_AGENT_GONE)};
}

bool SaysTheSame(const Snapshot& a, const Snapshot& b) {
  return a.verdicts == b.verdicts && a.standing.state == b.standing.state &&
         a.standing.reasons == b.standing.reasons && a.standing.edition == b.standing.edition &&
         a.standing.expires == b.standing.expires;
}

}  // namespace holdfast::client
