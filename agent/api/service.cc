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

// With what was used before, by an activation that was returned.
MeterRecord MeterOf(const LicenseView& license, const std::string& name, const holdfast::Limit& limit,
                    Time floor) {
  const LicenseTerms& terms = license.verified->terms;
  return {.id = IdOf(*license.verified),
          .limit = name,
          .period = limit.period,
          .units = UsedBefore(terms.used, name, limit.period, PeriodBegin(limit.period, floor))};
}

// Where the TPM has none, the ledger counts.
bool IsCountedHard(const LicenseView& license, const holdfast::Limit& limit) {
  return limit.hard && license.verified->terms.meter.has_value();
}

Error TooManyAtOnce(const std::string& name) {
  return {ErrorKind::kUsage, "limit.amount",
          name + " is a hard meter: at most " + std::to_string(kMaxHardAmount) + " units are used up at once",
          "use them up in several steps"};
}

Error NotHeld(const std::string& name) {
  return {ErrorKind::kUsage, "limit.kind", name + " is a meter, which is used up, not held",
          "use it up instead: consume, holdfast_consume, POST /v1/limits/" + name + "/consume"};
}

Error NotUsedUp(const std::string& name) {
  return {ErrorKind::kUsage, "limit.kind", name + " is not a meter: it is held, not used up",
          "hold it instead: hold, holdfast_acquire, POST /v1/leases"};
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
  return reading;
}

Json Service::Status() const {
  const TimeReading reading = time_.Read();
  Json licenses = Json::array();
  for (const LicenseView& license : licenses_) licenses.push_back(StatusOf(license, reading));
  Json requests = Json::array();
  for (const OpenRequest& open : requests_)
    requests.push_back({{"product", open.product}, {"created", FormatTime(open.created)}});
  return Json{{"ok", true},
              {"api", kApiVersion},
              {"version", version_},
              {"time", FormatTime(reading.now)},
              {"clock", ClockJson(reading)},
              {"ledger", LedgerJson(ledger_)},
              {"licenses", std::move(licenses)},
              {"requests", std::move(requests)}};
}

Json Service::StatusOf(const LicenseView& license, const TimeReading& reading) const {
  const Situation now(reading);
  Json json = StandingJson(license, now);
  const Grants* grants = Assess(license, now).grants;
  Json limits = Json::object();
  if (grants != nullptr) {
    for (const auto& [name, limit] : grants->limits)
      limits[name] = StatusOf(license, name, limit, reading.floor);
  }
  json["limits"] = std::move(limits);
  for (const Advisory& advisory : advisories_.Of(license.product))
    json["advised"].push_back({{"subject", advisory.subject},
                               {"reason", ReasonName(advisory.reason)},
                               {"count", advisory.count},
                               {"last", FormatTime(advisory.last)}});
  return json;
}

Json Service::StatusOf(const LicenseView& license, const std::string& name, const holdfast::Limit& limit,
                       Time floor) const {
  if (limit.kind != LimitKind::kMeter)
    return LimitJson(limit, holdings_.Used(Account(license.product, name)));
  const MeterRecord meter = MeterOf(license, name, limit, floor);
  std::optional<int64_t> used = license.hard_count.used;
  if (!IsCountedHard(license, limit)) {
    used.reset();
    if (meters_.loaded()) used = meters_.Used(meter, floor);
  }
  Json json = LimitJson(limit, used);
  if (meter.units > 0) json["used_before"] = meter.units;
  AddPeriod(json, license, limit, floor);
  return json;
}

void Service::AddPeriod(Json& json, const LicenseView& license, const holdfast::Limit& meter,
                        Time floor) const {
  // A license without TPM is not judged by the ledger, also where another license has one that is kept with the TPM.
  const bool by_tpm = ledger_.uses_tpm && license.verified->terms.assurance != AssuranceClass::kHost;
  json["counted"] = IsCountedHard(license, meter) ? "hard" : by_tpm ? "tpm" : "file";
  if (const auto end = PeriodEnd(meter.period, floor)) json["period_ends"] = FormatTime(*end);
}

Json Service::Answer(const LicenseView& license, const std::string& subject, const Decision& decision,
                     Time now) {
  advisories_.Note(license.product, subject, decision, now);
  return DecisionJson(decision, license.product);
}

Json Service::Check(const CheckRequest& request) {
  auto license = Find(request.product);
  if (!license) return ErrorAnswer(license.error());
  if (*license == nullptr) return DecisionJson(DecideWithoutLicense(), request.product);
  return DecisionJson(Decide(**license, request.feature), (*license)->product);
}

Decision Service::Decide(const LicenseView& license, const std::string& feature) {
  const Situation now = Now();
  Decision decision = DecideFeature(license, now, feature);
  advisories_.Note(license.product, feature, decision, now.now);
  return decision;
}

Json Service::Key(const KeyRequest& request) const {
  auto license = Find(request.product);
  if (!license) return ErrorAnswer(license.error());
  const Decision decision = *license ? DecideKey(**license, Now(), request.name) : DecideWithoutLicense();
  return DecisionJson(decision, *license ? (*license)->product : request.product);
}

Json Service::Key(const KeyRequest& request, const Result<Secret>& opened) {
  auto license = Find(request.product);
  if (!license) return ErrorAnswer(license.error());
  if (*license == nullptr) return DecisionJson(DecideWithoutLicense(), request.product);
  const Situation now = Now();
  const Decision decision = DecideKey(**license, now, request.name);
  if (decision.allowed && !opened) return ErrorAnswer(opened.error());
  Json json = Answer(**license, request.name, decision, now.now);
  if (decision.allowed) json["key"] = HexEncode(opened->Reveal());
  return json;
}

Json Service::Limit(Holdings::Holder holder, const LimitRequest& request) {
  auto found = Find(request.product);
  if (!found) return ErrorAnswer(found.error());
  if (*found == nullptr) return DecisionJson(DecideWithoutLicense(), request.product);
  const LicenseView& license = **found;
  const Situation now = Now();
  const holdfast::Limit* limit = FindLimit(Assess(license, now).grants, request.limit);
  if (limit != nullptr && limit->kind == LimitKind::kMeter) return ErrorAnswer(NotHeld(request.limit));
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
  Json json = Answer(license, request.limit, decision, now.now);
  json["held"] = holdings_.HeldBy(holder, account);
  return json;
}

std::variant<Json, NextBatch, HardUse> Service::ConsumeHard(const LicenseView& license, const Situation& now,
                                                            const ConsumeRequest& request,
                                                            const holdfast::Limit& limit) {
  if (request.amount > kMaxHardAmount) return ErrorAnswer(TooManyAtOnce(request.limit));
  // What is used the TPM is asked again, also where it could not be read before.
  const int64_t used = license.hard_count.used.value_or(0);
  const Decision decision = DecideHardMeter(license, now, request.limit, used, request.amount);
  if (decision.allowed) return HardUse{license.product, request.limit, request.amount};
  Json json = Answer(license, request.limit, decision, now.now);
  AddPeriod(json, license, limit, now.now);
  return json;
}

Json Service::Consume(const ConsumeRequest& request, const Result<HardMeters::Use>& use) {
  auto found = Find(request.product);
  if (!found) return ErrorAnswer(found.error());
  if (*found == nullptr) return DecisionJson(DecideWithoutLicense(), request.product);
  const LicenseView& license = **found;
  const Situation now = Now();
  const holdfast::Limit* limit = FindLimit(Assess(license, now).grants, request.limit);
  if (!use && !license.hard_count.lost) return ErrorAnswer(use.error());
  // Decided as it is by now, with what was left before: a license that ended meanwhile grants none.
  const int64_t used = use ? use->used : 0;
  const bool granted = use && use->granted;
  Decision decision =
      DecideHardMeter(license, now, request.limit, granted ? used - request.amount : used, request.amount);
  decision.allowed = decision.allowed && granted;
  if (use) decision.used = used;
  Json json = Answer(license, request.limit, decision, now.now);
  if (limit != nullptr) AddPeriod(json, license, *limit, now.now);
  return json;
}

std::variant<Json, NextBatch, HardUse> Service::Consume(const ConsumeRequest& request) {
  auto found = Find(request.product);
  if (!found) return ErrorAnswer(found.error());
  if (*found == nullptr) return DecisionJson(DecideWithoutLicense(), request.product);
  const LicenseView& license = **found;
  const TimeReading reading = time_.Read();
  const Situation now(reading);
  const holdfast::Limit* limit = FindLimit(Assess(license, now).grants, request.limit);
  if (limit == nullptr)  // nothing is granted, or no such limit
    return Answer(license, request.limit, DecideLimit(license, now, request.limit, 0, request.amount),
                  now.now);
  if (limit->kind != LimitKind::kMeter) return ErrorAnswer(NotUsedUp(request.limit));
  if (IsCountedHard(license, *limit)) return ConsumeHard(license, now, request, *limit);
  if (!meters_.loaded())
    return ErrorAnswer({ErrorKind::kUnavailable, "books.closed", "the ledger could not be opened yet",
                        "try again; holdfast status says more"});
  const MeterRecord meter = MeterOf(license, request.limit, *limit, reading.floor);
  const int64_t used = meters_.Used(meter, reading.floor);
  Decision decision = DecideMeter(license, now, request.limit, used, request.amount);
  if (used > kMaxNumber) decision.allowed = false;  // no license counts further, whatever it advises
  if (decision.allowed) {
    if (auto batch = meters_.Take(meter, *limit, reading.floor, request.amount)) return *std::move(batch);
    decision.used = used + request.amount;
  }
  Json json = Answer(license, request.limit, decision, now.now);
  AddPeriod(json, license, *limit, reading.floor);
  return json;
}

Decision Service::Take(const LicenseView& license, const Situation& now, Holdings::Holder holder,
                       const std::string& name, int64_t amount) {
  const std::string account = Account(license.product, name);
  Decision decision = DecideLimit(license, now, name, holdings_.Used(account), amount);
  if (!decision.allowed) return decision;
  const holdfast::Limit* limit = FindLimit(Assess(license, now).grants, name);
  if (license.verified->terms.advisory) {
    if (limit != nullptr) holdings_.Take(holder, account, amount, kMaxNumber);
  } else {
    decision.allowed = limit != nullptr && holdings_.Take(holder, account, amount, Ceiling(*limit));
  }
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
