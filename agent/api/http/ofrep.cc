#include "agent/api/http/ofrep.h"

#include <algorithm>

#include "agent/api/decision_json.h"
#include "protocol/bytes.h"
#include "protocol/crypto/digest.h"
#include "protocol/json_text.h"

namespace holdfast::api {
namespace {

constexpr std::string_view kNotFound = "FLAG_NOT_FOUND";

Json Failure(const std::string& flag, std::string_view code, const std::string& details) {
  return Json{{"key", flag}, {"errorCode", code}, {"errorDetails", details}};
}

HttpResponse Respond(const Json& json, int status) {
  return {.status = status, .body = FormatJson(json)};
}

// The whole request fails.
HttpResponse GeneralFailure(const std::string& flag, const Error& error) {
  Json json = Failure(flag, "GENERAL", error.message);
  if (flag.empty()) json.erase("key");
  return Respond(json, HttpStatusOf(error.kind));
}

// Is it there or not, rather than a number or a text?
bool IsSwitch(const LicenseView& license, const std::string& feature) {
  if (!license.verified) return true;
  const LicenseTerms& terms = license.verified->terms;
  for (const Grants* edition : {&terms.grants, terms.fallback ? &*terms.fallback : nullptr}) {
    if (edition == nullptr) continue;
    if (auto found = edition->features.find(feature); found != edition->features.end())
      return std::holds_alternative<bool>(found->second);
  }
  return true;
}

// Texts, numbers and booleans only: SDKs drop the rest.
Json Metadata(const Decision& decision) {
  Json json{{"state", StateName(decision.state)}};
  if (!decision.reasons.empty()) {
    json["reason"] = ReasonName(decision.reasons.front());
    if (!ReasonAdvice(decision.reasons.front()).empty())
      json["advice"] = ReasonAdvice(decision.reasons.front());
  }
  if (decision.expires) json["expires"] = FormatTime(*decision.expires);
  if (decision.days_left) json["days_left"] = *decision.days_left;
  return json;
}

std::string WhyNot(const std::string& flag, const Decision& decision) {
  const Reason reason = decision.reasons.empty() ? Reason::kUnknownFeature : decision.reasons.front();
  std::string text = flag + " is not granted: " + std::string(ReasonName(reason));
  if (!ReasonAdvice(reason).empty()) text += "; " + std::string(ReasonAdvice(reason));
  return text;
}

// Never of a flag that the license does not name.
Json FlagJson(const std::string& flag, const Decision& decision, bool is_switch) {
  if (!decision.allowed && !is_switch) return Failure(flag, kNotFound, WhyNot(flag, decision));
  Json json{{"key", flag}};
  json["value"] = decision.allowed && decision.value ? FeatureJson(*decision.value) : Json(decision.allowed);
  json["reason"] = decision.allowed ? "STATIC" : "DISABLED";
  if (decision.allowed && !decision.edition.empty()) json["variant"] = decision.edition;
  if (!decision.allowed) json["variant"] = "denied";
  json["metadata"] = Metadata(decision);
  return json;
}

bool IsNamed(const LicenseView& license, const Decision& decision, const std::string& feature) {
  const auto& reasons = decision.reasons;
  return license.verified && IsIdentifier(feature) &&
         std::find(reasons.begin(), reasons.end(), Reason::kUnknownFeature) == reasons.end();
}

// The value of If-None-Match is a list, of weak tags too, or a star.
bool Matches(const std::string& if_none_match, const std::string& tag) {
  return if_none_match == "*" || if_none_match.find(tag) != std::string::npos;
}

}  // namespace

HttpResponse Evaluate(Service& service, const EvaluateFlag& question) {
  const auto license = service.Find(question.product);
  if (!license) return GeneralFailure(question.flag, license.error());
  const auto unknown = [&](const std::string& why) {
    return Respond(Failure(question.flag, kNotFound, why), 404);
  };
  if (!IsIdentifier(question.flag)) return unknown("no feature has a name like that");
  if (*license == nullptr) return unknown(WhyNot(question.flag, DecideWithoutLicense()));
  const Decision decision = service.Decide(**license, question.flag);
  if (!IsNamed(**license, decision, question.flag)) return unknown(WhyNot(question.flag, decision));
  const Json json = FlagJson(question.flag, decision, IsSwitch(**license, question.flag));
  return Respond(json, json.contains("errorCode") ? 404 : 200);
}

HttpResponse EvaluateAll(Service& service, const EvaluateFlags& question) {
  const auto license = service.Find(question.product);
  if (!license) return GeneralFailure("", license.error());
  Json flags = Json::array();
  if (*license != nullptr) {
    for (const auto& [name, decision] : service.DecideAll(**license))
      flags.push_back(FlagJson(name, decision, IsSwitch(**license, name)));
  }
  HttpResponse response = Respond(Json{{"flags", std::move(flags)}}, 200);
  const Sha256Digest digest = Sha256(AsBytes(response.body));
  const std::string tag = '"' + HexEncode(ByteView(digest).first(16)) + '"';
  if (Matches(question.if_none_match, tag)) response = {.status = 304};
  response.fields.emplace_back("ETag", tag);
  return response;
}

}  // namespace holdfast::api
