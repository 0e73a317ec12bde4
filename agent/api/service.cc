#include "agent/api/service.h"

#include <algorithm>

#include "agent/api/decision_json.h"

namespace holdfast::api {
namespace {

std::string Account(const std::string& product, const std::string& limit) {
  return product + "/" + limit;
}

const holdfast::Limit* FindLimit(const Grants* grants, const std::string& name) {
  if (grants == nullptr) return nullptr;
  auto found = grants->limits.find(name);
  return found == grants->limits.end() ? nullptr : &found->second;
}

bool IsMeter(const LicenseView& license, const Situation& now, const std::string& name) {
  const holdfast::Limit* limit = FindLimit(Assess(license, now).grants, name);
  return limit != nullptr && limit->kind == LimitKind::kMeter;
}

}  // namespace

Result<const LicenseView*> Service::Find(const std::string& product) const {
  if (product.empty()) {
    if (licenses_.size() <= 1) return licenses_.empty() ? nullptr : &licenses_.front();
    std::string names;
    for (const LicenseView& license : licenses_) names += (names.empty() ? "" : ", ") + license.product;
    return Fail(ErrorKind::kUsage, "check.product", "licenses for several products are installed: " + names,
                "name the product");
  }
  auto found = std::find_if(licenses_.begin(), licenses_.end(),
                            [&](const LicenseView& license) { return license.product == product; });
  return found == licenses_.end() ? nullptr : &*found;
}

Situation Service::Now() const {
  const TimeReading reading = time_.Read();
  return {reading.now, reading.clock};
}

Json Service::Status() const {
  const TimeReading reading = time_.Read();
  const Situation now(reading.now, reading.clock);
  Json licenses = Json::array();
  for (const LicenseView& license : licenses_) licenses.push_back(StatusOf(license, now));
  return Json{{"ok", true},
              {"api", kApiVersion},
              {"version", version_},
              {"time", FormatTime(now.now)},
              {"clock", ClockJson(reading)},
              {"ledger", LedgerJson(ledger_)},
              {"licenses", std::move(licenses)}};
}

Json Service::StatusOf(const LicenseView& license, const Situation& now) const {
  Json json = StandingJson(license, now);
  const Grants* grants = Assess(license, now).grants;
  Json limits = Json::object();
  if (grants != nullptr) {
    for (const auto& [name, limit] : grants->limits) {
      limits[name] = LimitJson(limit, holdings_.Used(Account(license.product, name)));
    }
  }
  json["limits"] = std::move(limits);
  return json;
}

Json Service::Check(const CheckRequest& request) const {
  auto license = Find(request.product);
  if (!license) return ErrorAnswer(license.error());
  const Decision decision =
      *license ? DecideFeature(**license, Now(), request.feature) : DecideWithoutLicense();
  return DecisionJson(decision, *license ? (*license)->product : request.product);
}

Json Service::Limit(Holdings::Holder holder, const LimitRequest& request) {
  auto found = Find(request.product);
  if (!found) return ErrorAnswer(found.error());
  if (*found == nullptr) return DecisionJson(DecideWithoutLicense(), request.product);
  const LicenseView& license = **found;
  const Situation now = Now();
  if (IsMeter(license, now, request.limit)) {
    return ErrorAnswer({ErrorKind::kUsage, "limit.kind",
                        request.limit + " is a meter, which is used up, not held",
                        "this agent does not count meters yet"});
  }
  const std::string account = Account(license.product, request.limit);
  const int64_t held = holdings_.HeldBy(holder, account);
  Decision decision;
  if (request.verb == LimitVerb::kRelease) {
    decision = GiveBack(license, now, holder, request.limit, request.amount);
  } else if (request.verb == LimitVerb::kSet && request.amount <= held) {
    decision = GiveBack(license, now, holder, request.limit, held - request.amount);
  } else {
    const int64_t more = request.verb == LimitVerb::kSet ? request.amount - held : request.amount;
    decision = Take(license, now, holder, request.limit, more);
  }
  Json json = DecisionJson(decision, license.product);
  json["held"] = holdings_.HeldBy(holder, account);
  return json;
}

Decision Service::Take(const LicenseView& license, const Situation& now, Holdings::Holder holder,
                       const std::string& name, int64_t amount) {
  const std::string account = Account(license.product, name);
  Decision decision = DecideLimit(license, now, name, holdings_.Used(account), amount);
  if (!decision.allowed) return decision;
  const holdfast::Limit* limit = FindLimit(Assess(license, now).grants, name);
  decision.allowed = limit != nullptr && holdings_.Take(holder, account, amount, Ceiling(*limit));
  decision.used = holdings_.Used(account);
  return decision;
}

// Always allowed, whatever the license says by now.
Decision Service::GiveBack(const LicenseView& license, const Situation& now, Holdings::Holder holder,
                           const std::string& name, int64_t amount) {
  const std::string account = Account(license.product, name);
  holdings_.Release(holder, account, amount);
  Decision decision = DecideLimit(license, now, name, holdings_.Used(account), 0);
  decision.allowed = true;
  return decision;
}

}  // namespace holdfast::api
