#include "certs/ek_certificate.h"
#include "protocol/armor.h"
#include "protocol/file_kind.h"
#include "tools/inspect/inspect.h"
#include "tools/inspect/parts.h"

namespace holdfast::inspect {
namespace {

std::string Member(const Json& value, const char* name) {
  auto found = value.find(name);
  return found != value.end() && found->is_string() ? found->get<std::string>() : "";
}

Result<Json> InspectProductFile(std::string_view text) {
  HOLDFAST_TRY(const ProductFile product, ParseProductFile(text));
  Json plans = Json::object();
  for (const auto& [name, plan] : product.plans) {
    plans[name] = DescribeGrants(plan.grants);
    plans[name]["duration"] = plan.duration ? FormatDuration(*plan.duration) : "perpetual";
    plans[name]["grace"] = FormatDuration(plan.expiry_grace);
    plans[name]["after_that"] = plan.fallback ? DescribeGrants(*plan.fallback) : Json("nothing");
    plans[name].update(DescribeRules(plan));
    plans[name]["assurance"] = Json::array();
    for (const AssuranceClass allowed : plan.assurance)
      plans[name]["assurance"].push_back(AssuranceName(allowed));
    if (plan.allow_simulator) plans[name]["allow_simulator"] = true;
    if (plan.maintenance) plans[name]["maintenance"] = FormatDuration(*plan.maintenance);
  }
  return Json{{"kind", "product"},
              {"summary", "A product file: what a vendor sells"},
              {"name", product.name},
              {"line", product.line},
              {"plans", std::move(plans)}};
}

Result<Json> InspectEkRoots(std::string_view text) {
  HOLDFAST_TRY(const EkRootBundle bundle, ParseEkRootBundle(text));
  Json roots = Json::array();
  for (const EkRoot& root : bundle.roots) {
    roots.push_back(Json{{"name", root.name},
                         {"class", EkRootClassName(root.root_class)},
                         {"sha256", HexEncode(Sha256(root.certificate))}});
  }
  return Json{{"kind", "ek_roots"},
              {"summary", "Endorsement roots: whose TPMs a vendor trusts"},
              {"version", bundle.version},
              {"roots", std::move(roots)},
              {"revoked", bundle.revoked.size()}};
}

// A license that was returned, in the agent's state.
Result<Json> InspectReturned(const Json& value) {
  HOLDFAST_TRY(const SignedReturnStatement statement, ParseReturnStatement(Member(value, "statement")));
  Json json = DescribeReturnStatement(statement.statement);
  json["kind"] = "returned_license";
  json["summary"] = "A license that this machine returns or has returned, in the agent's state";
  return json;
}

// The agent's state: the PEM inside is what there is to see.
Result<Json> InspectState(const Json& value) {
  const std::string license = Member(value, "license");
  Json json{{"kind", license.empty() ? "pending_request" : "installed_license"},
            {"summary", license.empty() ? "A request that waits for its answer, in the agent's state"
                                        : "An installed license, in the agent's state"},
            {"product", Member(value, "product")},
            {"product_key_id", Member(value, "product_key_id")}};
  if (license.empty()) {
    HOLDFAST_TRY(json["request"], InspectRequest(Armor(kLabelRequest, AsBytes(Member(value, "request")))));
  } else {
    if (RecogniseFile(license) != FileKind::kCertificates) {
      return Malformed("inspect.state", "the license in it is not PEM");
    }
    HOLDFAST_TRY(json["license"], InspectCertificates(license));
  }
  return json;
}

}  // namespace

Result<Json> InspectJson(std::string_view text) {
  if (text.starts_with("{\"sequence\":")) return InspectAuditLog(text);
  HOLDFAST_TRY(const Json value, ParseJson(text, kMaxInspected));
  if (!value.is_object()) return Malformed("inspect.unknown", "this is JSON, but no file of Holdfast");
  if (value.contains("mac") && value.contains("content")) return InspectLedger(value);
  if (value.contains("plan_sha256") && value.contains("title")) return InspectTranscript(value);
  if (value.contains("plans")) return InspectProductFile(text);
  if (value.contains("roots")) return InspectEkRoots(text);
  if (value.contains("statement")) return InspectReturned(value);
  if (value.contains("keys")) return InspectState(value);
  return Malformed("inspect.unknown", "this is JSON, but no file of Holdfast");
}

}  // namespace holdfast::inspect
