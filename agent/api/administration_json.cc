#include "agent/api/administration_json.h"

#include "agent/api/api_request.h"
#include "agent/host_facts.h"
#include "protocol/meter_usage.h"

namespace holdfast::api {
namespace {

std::string_view KindName(InstalledKind kind) {
  switch (kind) {
    case InstalledKind::kAnswer:
      return "answer";
    case InstalledKind::kLicenseFile:
      return "license";
    case InstalledKind::kTimeAnswer:
      return "time_answer";
    case InstalledKind::kHeartbeatAnswer:
      return "heartbeat_answer";
    case InstalledKind::kRevocationList:
      break;
  }
  return "revocation_list";
}

// What the license says that its return gives back. Nothing of what it does not have.
Json CreditJson(const LicenseTerms& terms) {
  Json json = Json::object();
  if (!MetersOf(terms.grants, terms.fallback).empty()) json["units"] = terms.returns.units;
  if (terms.expires) json["time"] = terms.returns.time;
  return json;
}

}  // namespace

Json RequestAnswer(const Result<RequestOutcome>& outcome) {
  if (!outcome) return ErrorAnswer(outcome.error());
  Json json{
      {"ok", true}, {"product", outcome->product}, {"repeated", outcome->repeated}, {"file", outcome->file}};
  if (outcome->request_dropped) json["request_dropped"] = true;
  if (outcome->counter_replaced) json["counter_replaced"] = true;
  if (outcome->emergency_until) json["emergency_until"] = FormatTime(*outcome->emergency_until);
  return json;
}

Json InstallAnswer(const Result<InstallOutcome>& outcome) {
  if (!outcome) return ErrorAnswer(outcome.error());
  Json json{{"ok", true},
            {"kind", KindName(outcome->kind)},
            {"products", outcome->products},
            {"changed", outcome->changed}};
  if (!outcome->notices.empty()) json["notices"] = outcome->notices;
  return json;
}

Json HeartbeatAnswer(const Result<HeartbeatOutcome>& outcome) {
  if (!outcome) return ErrorAnswer(outcome.error());
  return Json{{"ok", true},
              {"product", outcome->product},
              {"license", outcome->license},
              {"sequence", outcome->sequence},
              {"file", outcome->file}};
}

Json TimeRequestAnswer(const Result<TimeRequestOutcome>& outcome) {
  if (!outcome) return ErrorAnswer(outcome.error());
  return Json{{"ok", true},
              {"product", outcome->product},
              {"license", outcome->license},
              {"time", FormatTime(outcome->believed)},
              {"file", outcome->file}};
}

Json BreakGlassAnswer(const BreakGlassRequest& request, const Result<BreakGlassOutcome>& outcome) {
  if (!outcome) return ErrorAnswer(outcome.error());
  return Json{{"ok", true},
              {"product", outcome->product},
              {"license", outcome->license},
              {"until", FormatTime(outcome->until)},
              {"left", outcome->left},
              {"dry_run", request.dry_run}};
}

Json ReturnAnswer(const ReturnRequest& request, const Result<ReturnOutcome>& outcome) {
  if (!outcome) return ErrorAnswer(outcome.error());
  Json json{{"ok", true}, {"product", outcome->product}, {"license", outcome->license}};
  if (request.forget) {
    json["forgotten"] = true;
    return json;
  }
  json["proof"] = !outcome->by_tpm ? "promise" : outcome->fresh ? "fresh" : "since_activation";
  json["repeated"] = outcome->repeated;
  json["request_dropped"] = outcome->request_dropped;
  json["dry_run"] = request.dry_run;
  if (outcome->terms) json["credit"] = CreditJson(*outcome->terms);
  if (!request.dry_run) json["usage"] = FormatMeterUsages(outcome->used);
  json["file"] = outcome->file;
  return json;
}

Result<InstallOutcome> DoInstall(const InstallRequest& request, const Hardware& hardware,
                                 const StateDirectory& state, const TrustAnchors& anchors,
                                 const TimeKeeper& keeper) {
  const FileKind kind = RecogniseFile(request.file);
  if (kind == FileKind::kTimeAnswer)
    return InstallTimeAnswer(request.file, hardware.tpm, state, anchors, keeper);
  if (kind == FileKind::kHeartbeatAnswer)
    return ApplyHeartbeatAnswer(request.file, hardware, state, anchors, keeper);
  return Install(request.file, hardware, state, anchors, [&] { return keeper.time.Now(); });
}

Result<HeartbeatOutcome> DoHeartbeat(const HeartbeatRequest& request, const std::string& agent_version,
                                     const std::vector<MeterRecord>& used, const Hardware& hardware,
                                     const StateDirectory& state, const TrustAnchors& anchors,
                                     const TimeKeeper& keeper) {
  ReportOptions options{request.product, {}, agent_version, used};
  if (request.host_facts) options.host_facts = HostFacts();
  return MakeHeartbeat(options, hardware, state, anchors, keeper);
}

Result<ReturnOutcome> DoReturn(const ReturnRequest& request, const std::string& agent_version,
                               const Hardware& hardware, const StateDirectory& state,
                               const TrustAnchors& anchors, const Clock& clock, Books& books) {
  if (request.forget) return ForgetReturn(request.product, state);
  return ReturnLicense({request.product, request.nonce, request.dry_run, agent_version}, hardware, state,
                       anchors, clock, books);
}

}  // namespace holdfast::api
