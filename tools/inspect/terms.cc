#include "protocol/byte_cursor.h"
#include "tools/inspect/parts.h"

namespace holdfast::inspect {
namespace {

std::string AccountWords(const Account& account) {
  const auto* name = std::get_if<std::string>(&account);
  return name != nullptr ? *name : std::to_string(std::get<uint32_t>(account));
}

std::string CallerWords(const Callers& callers) {
  std::vector<std::string> names;
  for (const Account& user : callers.users) names.push_back("user " + AccountWords(user));
  for (const Account& group : callers.groups) names.push_back("group " + AccountWords(group));
  for (const std::string& path : callers.executables) names.push_back("program " + path);
  std::string words = ", only for " + names.front();
  for (size_t i = 1; i < names.size(); i++) words += ", " + names[i];
  return words;
}

std::string LimitWords(const Limit& limit) {
  const char* kind = limit.kind == LimitKind::kSeats   ? " seats"
                     : limit.kind == LimitKind::kGauge ? " (gauge)"
                                                       : " units";
  std::string words = std::to_string(limit.max) + kind;
  if (limit.kind == LimitKind::kMeter && limit.period == MeterPeriod::kMonth) words += " a month";
  if (limit.kind == LimitKind::kMeter && limit.period == MeterPeriod::kYear) words += " a year";
  if (limit.overage_percent > 0) words += ", and " + std::to_string(limit.overage_percent) + " % more";
  if (limit.only) words += CallerWords(*limit.only);
  return words;
}

}  // namespace

Json DescribeGrants(const Grants& grants) {
  Json features = Json::object(), limits = Json::object();
  for (const auto& [name, value] : grants.features) {
    features[name] = std::visit([](const auto& v) { return Json(v); }, value);
  }
  for (const auto& [name, limit] : grants.limits) limits[name] = LimitWords(limit);
  Json json{{"edition", grants.edition}, {"features", std::move(features)}, {"limits", std::move(limits)}};
  if (!grants.keys.empty()) json["keys"] = grants.keys;
  return json;
}

Json DescribeTerms(const LicenseTerms& terms) {
  Json json{
      {"license", terms.license}, {"vendor", terms.vendor}, {"product", terms.product}, {"plan", terms.plan}};
  json.update(DescribeGrants(terms.grants));
  json["valid_from"] = FormatTime(terms.valid_from);
  json["expires"] = terms.expires ? FormatTime(*terms.expires) : "never";
  if (terms.expires) json["grace"] = FormatDuration(terms.expiry_grace);
  json["after_that"] = terms.fallback ? DescribeGrants(*terms.fallback) : Json("nothing");
  json["assurance"] = AssuranceName(terms.assurance);
  if (!terms.fingerprint.empty()) json["fingerprint"] = DescribeFingerprint(terms.fingerprint);
  if (terms.ledger) {
    json["ledger"] = {{"counter", "0x" + HexEncode(Writer().U32(terms.ledger->index).Take())},
                      {"not_begun_after", terms.ledger->base}};
  }
  json.update(DescribeRules(terms));
  if (terms.maintenance_until) json["maintenance_until"] = FormatTime(*terms.maintenance_until);
  return json;
}

}  // namespace holdfast::inspect
