#include "agent/api/decision_json.h"

namespace holdfast::api {
namespace {

Json ReasonsJson(const std::vector<Reason>& reasons) {
  Json names = Json::array();
  for (Reason reason : reasons) names.push_back(ReasonName(reason));
  return names;
}

void AddAdvice(Json& json, const std::vector<Reason>& reasons) {
  if (reasons.empty() || ReasonAdvice(reasons.front()).empty()) return;
  json["advice"] = ReasonAdvice(reasons.front());
}

void AddExpiry(Json& json, const std::optional<Time>& expires, const std::optional<int64_t>& days_left) {
  if (expires) json["expires"] = FormatTime(*expires);
  if (days_left) json["days_left"] = *days_left;
}

std::string_view HardwareName(HardwareProof proof) {
  switch (proof) {
    case HardwareProof::kProven:
      return "proven";
    case HardwareProof::kWrongHardware:
      return "wrong";
    case HardwareProof::kRetired:
      return "retired";
    case HardwareProof::kUnavailable:
      break;
  }
  return "unavailable";
}

std::string_view KindName(LimitKind kind) {
  if (kind == LimitKind::kSeats) return "seats";
  return kind == LimitKind::kGauge ? "gauge" : "meter";
}

void AddTerms(Json& json, const VerifiedLicense& license) {
  const LicenseTerms& terms = license.terms;
  json["license"] = terms.license;
  json["vendor"] = terms.vendor;
  json["customer"] = license.customer;
  json["plan"] = terms.plan;
  json["assurance"] = AssuranceName(terms.assurance);
  json["valid_from"] = FormatTime(terms.valid_from);
  if (terms.expires) json["grace_ends"] = FormatTime(*terms.expires + terms.expiry_grace);
  if (terms.maintenance_until) json["maintenance_until"] = FormatTime(*terms.maintenance_until);
  json["serial"] = HexEncode(license.serial);
  json["crl"] = Json{{"number", license.crl_number},
                     {"this_update", FormatTime(license.crl_this_update)},
                     {"next_update", FormatTime(license.crl_next_update)}};
}

}  // namespace

Json FeatureJson(const FeatureValue& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

Json LimitJson(const Limit& limit, std::optional<int64_t> used) {
  Json json{{"kind", KindName(limit.kind)}, {"max", limit.max}};
  if (used) json["used"] = *used;
  if (limit.overage_percent > 0) json["overage_percent"] = limit.overage_percent;
  if (limit.only) json["only"] = FormatCallers(*limit.only);
  return json;
}

Json DecisionJson(const Decision& decision, const std::string& product) {
  Json json{{"ok", true}, {"allowed", decision.allowed}};
  if (!product.empty()) json["product"] = product;
  json["state"] = StateName(decision.state);
  json["reasons"] = ReasonsJson(decision.reasons);
  AddAdvice(json, decision.reasons);
  if (!decision.edition.empty()) json["edition"] = decision.edition;
  if (decision.value) json["value"] = FeatureJson(*decision.value);
  if (decision.max) json["max"] = *decision.max;
  if (decision.used) json["used"] = *decision.used;
  AddExpiry(json, decision.expires, decision.days_left);
  return json;
}

bool IsAllowed(const Json& answer) {
  return answer.value("allowed", false);
}

Json ClockJson(const TimeReading& reading) {
  Json json{{"state", ClockStateName(reading.clock)}, {"wall", FormatTime(reading.wall)}};
  if (reading.wall < reading.now) json["behind"] = (reading.now - reading.wall).count();
  return json;
}

Json LedgerJson(const LedgerReport& report) {
  Json json{{"finding", LedgerFindingName(report.finding)},
            {"protection", report.uses_tpm ? "tpm" : "none"},
            {"open", report.open}};
  if (!report.detail.empty()) json["detail"] = report.detail;
  if (report.tpm_clock) json["tpm_clock"] = TpmClockEventName(*report.tpm_clock);
  return json;
}

Json StandingJson(const LicenseView& license, const Situation& now) {
  const Standing standing = Assess(license, now);
  Json json{{"product", license.product}, {"state", StateName(standing.state)}};
  json["reasons"] = ReasonsJson(standing.reasons);
  AddAdvice(json, standing.reasons);
  if (!license.fault.empty()) json["fault"] = license.fault;
  AddExpiry(json, standing.expires, standing.days_left);
  if (standing.heard_by) json["heard_by"] = FormatTime(*standing.heard_by);
  if (license.verified) {
    json["hardware"] = HardwareName(license.hardware);
    if (!license.differ.empty()) json["differ"] = license.differ;
    AddTerms(json, *license.verified);
    if (license.verified->terms.advisory) json["advisory"] = true;
    if (license.verified->terms.vouchers)
      json["vouchers"] = {{"count", license.verified->terms.vouchers->count},
                          {"used", license.vouchers_used}};
    if (standing.emergency_until) json["emergency_until"] = FormatTime(*standing.emergency_until);
    if (license.contact) json["last_contact"] = FormatTime(*license.contact);
  }
  Json features = Json::object();
  if (standing.grants != nullptr) {
    json["edition"] = standing.grants->edition;
    for (const auto& [name, value] : standing.grants->features) features[name] = FeatureJson(value);
  }
  json["features"] = std::move(features);
  if (standing.grants != nullptr && !standing.grants->keys.empty()) json["keys"] = standing.grants->keys;
  return json;
}

}  // namespace holdfast::api
