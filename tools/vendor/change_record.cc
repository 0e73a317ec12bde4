#include "tools/vendor/change_record.h"

#include "protocol/crypto/digest.h"
#include "protocol/json_text.h"

namespace holdfast::vendor {
namespace {

constexpr size_t kMaxTranscript = 1024 * 1024, kMaxPlan = 256 * 1024;
constexpr std::string_view kPlanMark = "\nPlan, SHA-256 ";

// A member of a plan as text; empty where there is none.
std::string MemberOf(const Json& plan, const char* name) {
  const auto member = plan.find(name);
  if (member == plan.end()) return {};
  return member->is_string() ? member->get<std::string>() : FormatJson(*member);
}

}  // namespace

Result<Json> IntentOf(const cli::Arguments& arguments) {
  Json detail = Json::object();
  for (const char* name : {"line", "key-type", "token"})
    if (arguments.Has(name)) detail[name] = arguments.Text(name);
  if (arguments.Has("revoke")) detail["revoke"] = arguments.List("revoke");
  if (!arguments.Has("plan")) return detail;
  HOLDFAST_TRY(const Bytes text, ReadFile(arguments.File("plan"), kMaxPlan));
  detail["plan_sha256"] = HexEncode(Sha256(text));
  return detail;
}

Json OutcomeOf(const std::string& printed, const std::string& operation, const Path& transcripts) {
  Json detail = Json::object();
  const size_t mark = printed.rfind(kPlanMark);
  const size_t begin = mark == printed.npos ? mark : printed.find('\n', mark + 1);
  if (begin == printed.npos) return detail;
  const std::string text = printed.substr(begin + 1);
  const auto plan = ParseJson(text, kMaxPlan);
  if (!plan) return detail;
  detail["plan_sha256"] = HexEncode(Sha256(AsBytes(text)));
  for (const char* name : {"line", "generation", "number", "revoke"})
    if (plan->contains(name)) detail[name] = (*plan)[name];
  const std::string what = operation == "root-crl"
                               ? MemberOf(*plan, "number")
                               : MemberOf(*plan, "line") + "-" + MemberOf(*plan, "generation");
  if (const auto json = ReadFile(transcripts / (operation + "-" + what + ".json"), kMaxTranscript))
    detail["transcript_sha256"] = HexEncode(Sha256(*json));
  return detail;
}

}  // namespace holdfast::vendor
