#include "agent/api/entitlements.h"

#include "agent/api/decision_json.h"
#include "protocol/json_text.h"

namespace holdfast::api {
namespace {

// No identifier, so no license knows it.
constexpr std::string_view kAnyOther = "";

class Collector {
 public:
  Collector(const LicenseView& license, const Situation& now) : license_(license), now_(now) {}

  local::FeatureDecision Decide(std::string_view feature) {
    return Keep(DecideFeature(license_, now_, feature));
  }
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
  const LicenseView& license_;
  const Situation now_;
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

local::Entitlements EntitlementsOf(const LicenseView& license, const Situation& now) {
  Collector collector(license, now);
  local::Entitlements kept;
  kept.product = license.product;
  kept.time = now.now;
  kept.otherwise = collector.Decide(kAnyOther);
  kept.license = KeptLicense(license, now);
  collector.Names(Assess(license, now).reasons);
  if (license.verified) {
    const LicenseTerms& terms = license.verified->terms;
    kept.keep = terms.agent_absence;
    for (const auto& [name, value] : terms.grants.features) kept.decisions[name] = collector.Decide(name);
    if (terms.fallback)
      for (const auto& [name, value] : terms.fallback->features)
        kept.decisions[name] = collector.Decide(name);
  }
  kept.advice = collector.TakeAdvice();
  return kept;
}

local::Entitlements EntitlementsWithoutLicense(const std::string& product, Time now) {
  const LicenseView none;
  Collector collector(none, now);
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
