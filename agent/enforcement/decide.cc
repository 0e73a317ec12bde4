#include "agent/enforcement/decide.h"

#include <limits>

namespace holdfast {
namespace {

// A Decision that says all but the answer to the question itself.
Decision FromStanding(const Standing& standing) {
  Decision decision;
  decision.state = standing.state;
  decision.reasons = standing.reasons;
  decision.expires = standing.expires;
  decision.days_left = standing.days_left;
  if (standing.grants != nullptr) decision.edition = standing.grants->edition;
  return decision;
}

template <class Map>
const typename Map::mapped_type* Lookup(const Map& map, std::string_view name) {
  auto found = map.find(std::string(name));
  return found == map.end() ? nullptr : &found->second;
}

// Does the license name it at all, in whichever edition?
bool KnowsFeature(const LicenseTerms& terms, std::string_view name) {
  return Lookup(terms.grants.features, name) != nullptr ||
         (terms.fallback && Lookup(terms.fallback->features, name) != nullptr);
}

bool KnowsLimit(const LicenseTerms& terms, std::string_view name) {
  return Lookup(terms.grants.limits, name) != nullptr ||
         (terms.fallback && Lookup(terms.fallback->limits, name) != nullptr);
}

bool IsGranted(const FeatureValue* value) {
  return value != nullptr && *value != FeatureValue(false);
}

void Add(Decision& decision, Reason reason) {
  decision.reasons.push_back(reason);
  SortBySeriousness(decision.reasons);
}

Decision JudgeFeature(const LicenseView& view, const Situation& situation, std::string_view feature) {
  const Standing standing = Assess(view, situation);
  Decision decision = FromStanding(standing);
  if (view.verified && !KnowsFeature(view.verified->terms, feature)) Add(decision, Reason::kUnknownFeature);
  if (standing.grants == nullptr) return decision;
  const FeatureValue* value = Lookup(standing.grants->features, feature);
  decision.allowed = IsGranted(value);
  if (decision.allowed) {
    decision.value = *value;
  } else if (KnowsFeature(view.verified->terms, feature)) {
    Add(decision, Reason::kFeatureNotGranted);
  }
  return decision;
}

Decision JudgeLimit(const LicenseView& view, const Situation& situation, std::string_view limit, int64_t used,
                    int64_t amount) {
  const Standing standing = Assess(view, situation);
  Decision decision = FromStanding(standing);
  decision.used = used;
  if (view.verified && !KnowsLimit(view.verified->terms, limit)) Add(decision, Reason::kUnknownLimit);
  if (standing.grants == nullptr) return decision;
  const Limit* found = Lookup(standing.grants->limits, limit);
  if (found == nullptr) {
    // Known in another edition: in this one there is none of it.
    if (KnowsLimit(view.verified->terms, limit)) {
      decision.max = 0;
      Add(decision, Reason::kLimitReached);
    }
    return decision;
  }
  decision.max = found->max;
  const int64_t ceiling = Ceiling(*found);
  decision.allowed = used <= ceiling && amount <= ceiling - used;
  if (!decision.allowed) {
    Add(decision, Reason::kLimitReached);
  } else if (used > found->max || amount > found->max - used) {
    Add(decision, Reason::kOverage);
  }
  return decision;
}

bool KnowsKey(const LicenseView& view, std::string_view key) {
  return view.verified &&
         AllKeys(view.verified->terms.grants, view.verified->terms.fallback).contains(std::string(key));
}

Decision JudgeKey(const LicenseView& view, const Situation& situation, std::string_view key) {
  const Standing standing = Assess(view, situation);
  Decision decision = FromStanding(standing);
  const bool known = KnowsKey(view, key);
  if (view.verified && !known) Add(decision, Reason::kUnknownKey);
  if (standing.grants == nullptr) return decision;
  decision.allowed = standing.grants->keys.contains(std::string(key));
  if (known && !decision.allowed) Add(decision, Reason::kKeyNotGranted);
  return decision;
}

}  // namespace

Decision DecideFeature(const LicenseView& view, const Situation& situation, std::string_view feature) {
  Decision decision = Advised(view, JudgeFeature(view, situation, feature));
  if (decision.allowed && !decision.value) {
    const FeatureValue* value = Lookup(view.verified->terms.grants.features, feature);
    decision.value = IsGranted(value) ? *value : FeatureValue(true);
  }
  return decision;
}

Decision DecideLimit(const LicenseView& view, const Situation& situation, std::string_view limit,
                     int64_t used, int64_t amount) {
  return Advised(view, JudgeLimit(view, situation, limit, used, amount));
}

Decision DecideExcluded(const LicenseView& view, const Situation& situation, std::string_view limit) {
  Decision decision = JudgeLimit(view, situation, limit, 0, 0);
  decision.used.reset();
  decision.allowed = false;
  Add(decision, Reason::kCallerExcluded);
  return Advised(view, std::move(decision));
}

Decision DecideKey(const LicenseView& view, const Situation& situation, std::string_view key) {
  Decision decision = JudgeKey(view, situation, key);
  return KnowsKey(view, key) ? Advised(view, std::move(decision))
                             : decision;  // nobody has a key that is not named
}

Decision Advised(const LicenseView& view, Decision decision) {
  if (decision.allowed || !view.verified || !view.verified->terms.advisory) return decision;
  decision.allowed = true;
  Add(decision, Reason::kAdvisory);
  return decision;
}

Decision DecideWithoutLicense() {
  Decision decision;
  decision.reasons = {Reason::kNoLicense};
  return decision;
}

int64_t Ceiling(const Limit& limit) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const int64_t percent = limit.overage_percent;
  const int64_t hundreds = limit.max / 100, rest = limit.max % 100 * percent / 100;
  if (percent > 0 && hundreds > (kMax - limit.max - rest) / percent) return kMax;
  return limit.max + hundreds * percent + rest;
}

}  // namespace holdfast
