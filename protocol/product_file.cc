// Product files: the part of terms.h that the vendor writes by hand.
#include <algorithm>

#include "protocol/schema_version.h"
#include "protocol/terms.h"
#include "protocol/terms_members.h"

namespace holdfast {
namespace {

constexpr const char* kContext = "product";
constexpr const char* kPlanContext = "product.plans";

std::optional<Seconds> ReadOptionalLength(JsonObject& o, std::string_view name) {
  if (!o.Has(name)) return std::nullopt;
  const Seconds length = o.Duration(name);
  if (length.count() == 0) o.Fault(name, "nothing lasts no time; leave it out for \"for ever\"");
  return length;
}

std::vector<AssuranceClass> ReadAssurance(JsonObject& o, std::vector<AssuranceClass> otherwise) {
  const Json* array = o.OptionalArray("assurance", std::size(kAssuranceClasses));
  if (!array) return otherwise;
  std::vector<AssuranceClass> classes;
  for (const Json& item : *array) {
    const auto* found = std::find_if(std::begin(kAssuranceClasses), std::end(kAssuranceClasses),
                                     [&](AssuranceClass c) { return item == AssuranceName(c); });
    if (found == std::end(kAssuranceClasses) ||
        std::find(classes.begin(), classes.end(), *found) != classes.end())
      return o.Fault("assurance", "not a list of different ones of hw-tpm, vtpm, host"), otherwise;
    classes.push_back(*found);
  }
  if (classes.empty()) o.Fault("assurance", "empty: no machine could ever activate");
  return classes;
}

bool Allows(const Plan& plan, AssuranceClass assurance) {
  return std::find(plan.assurance.begin(), plan.assurance.end(), assurance) != plan.assurance.end();
}

Result<Plan> ParsePlan(const Json& value) {
  JsonObject o(value, kPlanContext);
  Plan plan;
  HOLDFAST_TRY(plan.grants, ReadGrants(o, kPlanContext, false));
  HOLDFAST_TRY(plan.fallback, ReadFallback(o, kPlanContext, false));
  plan.duration = ReadOptionalLength(o, "duration");
  plan.expiry_grace = o.Duration("expiry_grace", plan.expiry_grace);
  plan.warn_before = ReadWarnings(o, plan.warn_before);
  plan.offline_window = o.Duration("offline_window", plan.offline_window);
  plan.heartbeat_interval = o.Duration("heartbeat_interval", plan.heartbeat_interval);
  plan.agent_absence = ReadAgentAbsence(o);
  plan.maintenance = ReadOptionalLength(o, "maintenance");
  plan.assurance = ReadAssurance(o, plan.assurance);
  plan.allow_simulator = o.Bool("allow_simulator", plan.allow_simulator);
  HOLDFAST_TRY(plan.policies, ReadPolicies(o, kPlanContext, false));
  plan.advisory = o.Bool("advisory", plan.advisory);
  HOLDFAST_TRY(plan.vouchers, ReadVouchers(o, kPlanContext, false));
  HOLDFAST_TRY(plan.repairs, ReadRepairs(o, kPlanContext, false));
  if (plan.offline_window.count() > 0 && plan.heartbeat_interval > plan.offline_window)
    o.Fault("heartbeat_interval", "longer than offline_window: every host would count as offline too long");
  if (!AllKeys(plan.grants, plan.fallback).empty() && Allows(plan, AssuranceClass::kHost))
    o.Fault("keys", "content keys are sealed to a TPM: make a plan of its own for class host, without keys");
  HOLDFAST_CHECK(o.Finish());
  return plan;
}

// The largest that a host can have, when the plan allows hosts.
Fingerprint LargestFingerprint(const Plan& plan) {
  Fingerprint fingerprint;
  if (!Allows(plan, AssuranceClass::kHost)) return fingerprint;
  for (std::string_view name : kFingerprintComponents)
    fingerprint[std::string(name)] = std::vector<Sha256Digest>(kMaxComponentValues);
  return fingerprint;
}

// A plan that could never be put into a certificate is refused now, not when it is sold. The names are the
// longest that there can be: 64 octets, each escaped in JSON.
Status CheckTermsSize(const std::string& id, const Plan& plan) {
  const std::string longest(kMaxNameSize, '"'), longest_id(64, 'a');
  const LicenseTerms terms =
      ResolvePlan(plan, {longest, longest, longest_id, id, Time{}, AssuranceClass::kHwTpm,
                         LargestFingerprint(plan), LedgerPin{UINT32_MAX, kMaxNumber}});
  const size_t size = FormatTerms(terms).size();
  if (size <= kMaxTermsSize) return {};
  return Malformed(kPlanContext,
                   "license terms of this plan would have " + std::to_string(size) + " octets, more than " +
                       std::to_string(kMaxTermsSize),
                   "use fewer features, or shorter texts");
}

Result<ProductFile> Parse(std::string_view json) {
  HOLDFAST_TRY(Json value, ParseJson(json, kMaxProductFileSize));
  JsonObject o(value, kContext);
  ProductFile file;
  file.schema = o.String("schema", 16);
  if (!o.Has("schema")) HOLDFAST_CHECK(o.Finish());
  HOLDFAST_CHECK(ParseSchemaVersion(file.schema, kTermsSchemaMajor, kContext));
  file.name = ReadDisplayText(o, "name", kMaxTextSize);
  file.line = o.Has("line") ? ReadIdentifier(o, "line") : file.line;
  const Json* plans = o.Object("plans");
  HOLDFAST_CHECK(o.Finish());
  if (plans->empty() || plans->size() > kMaxPlans) return Malformed(kPlanContext, "not 1 to 64 plans");
  for (const auto& [id, plan] : plans->items()) {
    if (!IsIdentifier(id)) return Malformed(kPlanContext, "a plan's name is not an identifier");
    auto parsed = ParsePlan(plan);
    if (auto fits = parsed ? CheckTermsSize(id, *parsed) : Status(); !fits)
      parsed = tl::unexpected(std::move(fits.error()));
    if (!parsed)
      return Malformed(parsed.error().check, "plan \"" + id + "\": " + parsed.error().message,
                       std::move(parsed.error().advice));
    file.plans.emplace(id, std::move(*parsed));
  }
  return file;
}

}  // namespace

Result<ProductFile> ParseProductFile(std::string_view json) {
  return WithAdvice(Parse(json), "correct the product file; docs/formats.md explains each member");
}

}  // namespace holdfast
