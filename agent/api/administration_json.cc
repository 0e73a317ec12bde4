#include "agent/api/administration_json.h"

#include "agent/api/api_request.h"

namespace holdfast::api {
namespace {

std::string_view KindName(InstalledKind kind) {
  switch (kind) {
    case InstalledKind::kAnswer:
      return "answer";
    case InstalledKind::kLicenseFile:
      return "license";
    case InstalledKind::kRevocationList:
      break;
  }
  return "revocation_list";
}

}  // namespace

Json RequestAnswer(const Result<RequestOutcome>& outcome) {
  if (!outcome) return ErrorAnswer(outcome.error());
  return Json{
      {"ok", true}, {"product", outcome->product}, {"repeated", outcome->repeated}, {"file", outcome->file}};
}

Json InstallAnswer(const Result<InstallOutcome>& outcome) {
  if (!outcome) return ErrorAnswer(outcome.error());
  return Json{{"ok", true},
              {"kind", KindName(outcome->kind)},
              {"products", outcome->products},
              {"changed", outcome->changed}};
}

}  // namespace holdfast::api
