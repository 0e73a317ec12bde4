#include "agent/api/entitlements.h"

#include "agent/api/decision_json.h"
#include "protocol/json_text.h"

namespace holdfast::api {
namespace {

// No identifier, so no license knows it.
constexpr std::string_view kAnyOther = "";

class Collector {
 public:
  local::FeatureDecision Keep(const Decision& decision) {
    return {decision.allowed, Names(decision.reasons), decision.value};
  }
  std::vector<std::string> Names(const std::vector<Reason>& reasons) {
    std::vector<std::string> names;
    for (Reason reason : reasons) {
      names.emplace_back(ReasonName(reason));
      if (!ReasonAdvice(reason).empty()) advice_.emplace(ReasonName(reason), ReasonAdvice(reason));
    }
    return names;
  }
  std::map<std::string, std::string> TakeAdvice() { return std::move(advice_); }

 private:
  std::map<std::string, std::string> advice_;
};

// As in `status`, without what counts.
Json KeptLicense(const LicenseView& license, const Situation& now) {
  Json json = StandingJson(license, now);
  json["limits"] = Json::object();
  if (const Grants* grants = Assess(license, now).grants)
    for (const auto& [name, limit] : grants->limits) json["limits"][name] = LimitJson(limit, {});
  return json;
}

}  // namespace

std::map<std::string, Decision> DecideAll(const LicenseView& license, const Situation& now) {
  std::map<std::string, Decision> decisions;
  if (!license.verified) return decisions;
  const LicenseTerms& terms = license.verified->terms;
  for (const Grants* edition : {&terms.grants, terms.fallback ? &*terms.fallback : nullptr}) {
    if (edition == nullptr) continue;
    for (const auto& [name, value] : edition->features)
      decisions.try_emplace(name, DecideFeature(license, now, name));
  }
  return decisions;
}

local::Entitlements EntitlementsOf(const LicenseView& license, const Situation& now) {
  Collector collector;
  local::Entitlements kept;
  kept.product = license.product;
  kept.time = now.now;
  kept.otherwise = collector.Keep(DecideFeature(license, now, kAnyOther));
  kept.license = KeptLicense(license, now);
  collector.Names(Assess(license, now).reasons);
  if (license.verified) {
    kept.keep = license.verified->terms.agent_absence;
    for (const auto& [name, decision] : DecideAll(license, now))
      kept.decisions[name] = collector.Keep(decision);
  }
  kept.advice = collector.TakeAdvice();
  return kept;
}

local::Entitlements EntitlementsWithoutLicense(const std::string& product, Time now) {
  Collector collector;
  local::Entitlements kept;
  kept.product = product;
  kept.time = now;
  kept.otherwise = collector.Keep(DecideWithoutLicense());
  kept.advice = collector.TakeAdvice();
  return kept;
}

// The certificate's serial number is in it, so all the terms are; what they come to follows from the standing, as decisions do.
bool Generation::Look(const std::vector<LicenseView>& licenses, const Situation& now) {
  std::map<std::string, std::string> seen;
  for (const LicenseView& license : licenses) {
    Json json = KeptLicense(license, now);
    json.erase("days_left");
    seen.emplace(license.product, FormatJson(json));
  }
  if (value_ > 0 && seen == seen_) return false;
  seen_ = std::move(seen);
  value_++;
  return true;
}

}  // namespace holdfast::api
