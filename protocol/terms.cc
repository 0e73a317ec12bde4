#include "protocol/terms.h"

#include "protocol/json_text.h"
#include "protocol/schema_version.h"
#include "protocol/terms_members.h"

namespace holdfast {
namespace {

constexpr Time kEndOfTime{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31} + std::chrono::hours{24} -
                          Seconds{1}};

// What the members say together. The certificate's notAfter is expires + expiry_grace, so it must exist.
void CheckValidity(JsonObject& o, const LicenseTerms& terms) {
  if (!terms.expires) return;
  if (*terms.expires <= terms.valid_from) o.Fault("expires", "not after valid_from");
  if (*terms.expires > kEndOfTime - terms.expiry_grace)
    o.Fault("expires", "later than the year 9999 with its grace");
}

// A license for a host says which; for the others the TPM is the answer.
Fingerprint ReadLicensedHost(JsonObject& o, AssuranceClass assurance) {
  if (assurance == AssuranceClass::kHost) return ReadFingerprint(o, "fingerprint");
  if (o.Has("fingerprint")) o.Fault("fingerprint", "only class host has one");
  return {};
}

// What the vendor's appraisal has read of a TPM: a license for a host without one has none.
Result<std::optional<LedgerPin>> ReadLedgerPin(JsonObject& o, AssuranceClass assurance, bool lenient) {
  constexpr int64_t kFirstNvIndex = 0x01000000, kLastNvIndex = 0x01ffffff;
  const Json* value = o.OptionalObject("ledger");
  if (!value) return std::nullopt;
  if (assurance == AssuranceClass::kHost) return o.Fault("ledger", "class host has none"), std::nullopt;
  JsonObject members(*value, "terms.ledger");
  const LedgerPin pin{static_cast<uint32_t>(members.Integer("index", kFirstNvIndex, kLastNvIndex)),
                      members.Integer("base", 1, kMaxNumber)};
  HOLDFAST_CHECK(FinishMembers(members, *value, lenient));
  return pin;
}

Json FormatGrants(const Grants& grants) {
  Json json = Json::object();
  json["edition"] = grants.edition;
  json["features"] = Json::object();
  for (const auto& [id, value] : grants.features) {
    Json& out = json["features"][id];  // clang 14 cannot capture a structured binding
    std::visit([&out](const auto& v) { out = v; }, value);
  }
  json["limits"] = Json::object();
  for (const auto& [id, limit] : grants.limits) {
    Json& out = json["limits"][id] = {{"kind", LimitKindName(limit.kind)}, {"max", limit.max}};
    if (limit.kind == LimitKind::kMeter) out["period"] = MeterPeriodName(limit.period);
    if (limit.overage_percent != 0) out["overage_percent"] = limit.overage_percent;
    if (limit.only) out["only"] = FormatCallers(*limit.only);
  }
  if (!grants.keys.empty()) json["keys"] = grants.keys;
  return json;
}

Json FormatWarnings(const std::vector<Seconds>& warnings) {
  Json json = Json::array();
  for (Seconds length : warnings) json.push_back(FormatDuration(length));
  return json;
}

Time CappedSum(Time from, Seconds length) {
  return length > kEndOfTime - from ? kEndOfTime : from + length;
}

}  // namespace

Result<LicenseTerms> ParseTerms(std::string_view json) {
  const std::string kContext = "terms";
  HOLDFAST_TRY(Json value, ParseJson(json, kMaxTermsSize));
  JsonObject o(value, kContext);
  LicenseTerms terms;
  terms.schema = o.String("schema", 16);
  if (!o.Has("schema")) HOLDFAST_CHECK(o.Finish());
  HOLDFAST_TRY(SchemaVersion version, ParseSchemaVersion(terms.schema, kTermsSchemaMajor, kContext));
  const bool lenient = version.minor > kTermsSchemaMinor;
  terms.license = ReadDisplayText(o, "license", kMaxNameSize);
  terms.vendor = ReadDisplayText(o, "vendor", kMaxNameSize);
  terms.product = ReadIdentifier(o, "product");
  terms.plan = ReadIdentifier(o, "plan");
  HOLDFAST_TRY(terms.grants, ReadGrants(o, kContext, lenient));
  HOLDFAST_TRY(terms.fallback, ReadFallback(o, kContext, lenient));
  terms.valid_from = o.Time("valid_from");
  terms.expires = o.OptionalTime("expires");
  terms.expiry_grace = o.Duration("expiry_grace", Seconds{0});
  terms.warn_before = ReadWarnings(o, {});
  terms.offline_window = o.Duration("offline_window", Seconds{0});
  terms.heartbeat_interval = o.Duration("heartbeat_interval", Seconds{0});
  terms.agent_absence = ReadAgentAbsence(o);
  terms.maintenance_until = o.OptionalTime("maintenance_until");
  terms.assurance = ReadChoice<AssuranceClass>(o, "assurance", kAssuranceClasses, AssuranceName);
  terms.fingerprint = ReadLicensedHost(o, terms.assurance);
  HOLDFAST_TRY(terms.ledger, ReadLedgerPin(o, terms.assurance, lenient));
  HOLDFAST_TRY(terms.policies, ReadPolicies(o, kContext, lenient));
  terms.advisory = o.Bool("advisory", false);
  HOLDFAST_TRY(terms.vouchers, ReadVouchers(o, kContext, lenient));
  HOLDFAST_TRY(terms.repairs, ReadRepairs(o, kContext, lenient));
  // Sealed to a TPM, or nowhere.
  if (terms.assurance == AssuranceClass::kHost && !AllKeys(terms.grants, terms.fallback).empty())
    o.Fault("keys", "class host has none");
  CheckValidity(o, terms);
  HOLDFAST_CHECK(FinishMembers(o, value, lenient));
  return terms;
}

std::string FormatTerms(const LicenseTerms& terms) {
  Json json = {{"schema", terms.schema},
               {"license", terms.license},
               {"vendor", terms.vendor},
               {"product", terms.product},
               {"plan", terms.plan}};
  json.update(FormatGrants(terms.grants));
  if (terms.fallback) json["fallback"] = FormatGrants(*terms.fallback);
  json["valid_from"] = FormatTime(terms.valid_from);
  if (terms.expires) json["expires"] = FormatTime(*terms.expires);
  json["expiry_grace"] = FormatDuration(terms.expiry_grace);
  json["warn_before"] = FormatWarnings(terms.warn_before);
  json["offline_window"] = FormatDuration(terms.offline_window);
  json["heartbeat_interval"] = FormatDuration(terms.heartbeat_interval);
  if (terms.agent_absence != kAgentAbsence) json["agent_absence"] = FormatDuration(terms.agent_absence);
  if (terms.maintenance_until) json["maintenance_until"] = FormatTime(*terms.maintenance_until);
  json["assurance"] = AssuranceName(terms.assurance);
  if (!terms.fingerprint.empty()) json["fingerprint"] = FormatFingerprint(terms.fingerprint);
  if (terms.ledger) json["ledger"] = {{"index", terms.ledger->index}, {"base", terms.ledger->base}};
  json["policies"] = {{"clock", PolicyName(terms.policies.clock)},
                      {"rollback", PolicyName(terms.policies.rollback)},
                      {"clone", ClonePolicyName(terms.policies.clone)}};
  if (terms.advisory) json["advisory"] = true;
  if (terms.vouchers)
    json["vouchers"] = {{"count", terms.vouchers->count}, {"length", FormatDuration(terms.vouchers->length)}};
  if (terms.repairs)
    json["repairs"] = {{"per_year", terms.repairs->per_year},
                       {"emergency", FormatDuration(terms.repairs->emergency)}};
  return FormatJson(json);
}

std::set<std::string> AllKeys(const Grants& grants, const std::optional<Grants>& fallback) {
  std::set<std::string> all = grants.keys;
  if (fallback) all.insert(fallback->keys.begin(), fallback->keys.end());
  return all;
}

LicenseTerms ResolvePlan(const Plan& plan, const Resolution& resolution) {
  LicenseTerms terms;
  terms.license = resolution.license;
  terms.vendor = resolution.vendor;
  terms.product = resolution.product;
  terms.plan = resolution.plan;
  terms.grants = plan.grants;
  terms.fallback = plan.fallback;
  terms.valid_from = resolution.valid_from;
  if (plan.duration)
    terms.expires = CappedSum(resolution.valid_from, *plan.duration + plan.expiry_grace) - plan.expiry_grace;
  terms.expiry_grace = plan.expiry_grace;
  terms.warn_before = plan.warn_before;
  terms.offline_window = plan.offline_window;
  terms.heartbeat_interval = plan.heartbeat_interval;
  terms.agent_absence = plan.agent_absence;
  if (plan.maintenance) terms.maintenance_until = CappedSum(resolution.valid_from, *plan.maintenance);
  terms.assurance = resolution.assurance;
  terms.fingerprint = resolution.fingerprint;
  terms.ledger = resolution.ledger;
  terms.policies = plan.policies;
  terms.advisory = plan.advisory;
  terms.vouchers = plan.vouchers;
  terms.repairs = plan.repairs;
  return terms;
}

}  // namespace holdfast
