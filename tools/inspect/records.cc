// What our programs write down for themselves: shown as it stands, verified by others.
#include <algorithm>

#include "tools/inspect/parts.h"

namespace holdfast::inspect {
namespace {

constexpr size_t kMaxRecord = 64 * 1024;  // one line of the audit log

std::string Text(const Json& value, const char* name) {
  const auto found = value.find(name);
  return found != value.end() && found->is_string() ? found->get<std::string>() : "";
}

Result<Json> ReadRecord(std::string_view line) {
  HOLDFAST_TRY(Json record, ParseJson(line, kMaxRecord));
  if (!record.is_object() || !record.contains("sequence") || !record.contains("previous"))
    return Malformed("inspect.audit_log", "a line of this audit log is no record");
  return record;
}

}  // namespace

Result<Json> InspectLedger(const Json& value) {
  HOLDFAST_TRY(Json content, ParseJson(Text(value, "content"), kMaxInspectedLedger));
  if (!content.is_object()) return Malformed("inspect.ledger", "this ledger has no content");
  return Json{{"kind", "ledger"},
              {"summary",
               "The agent's ledger: what it must not lose. Only the TPM of its host can say whether it is "
               "authentic and the newest: holdfast status"},
              {"protection", Text(value, "protection")},
              {"content", std::move(content)}};
}

Result<Json> InspectTranscript(const Json& value) {
  Json json = value;
  json.erase("schema");
  json.erase("plan");  // text of its own; its digest stays
  if (auto approvals = json.find("approvals"); approvals != json.end() && approvals->is_array()) {
    for (Json& approval : *approvals) {
      if (approval.is_object()) approval = Text(approval, "operator");
    }
  }
  json["kind"] = "transcript";
  json["summary"] = "What a ceremony or a change of the signer did. The signer's audit log has its SHA-256";
  return json;
}

Result<Json> InspectAuditLog(std::string_view text) {
  int64_t records = 0;
  std::string_view first, last;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty()) continue;
    if (first.empty()) first = line;
    last = line;
    records++;
  }
  HOLDFAST_TRY(Json begin, ReadRecord(first));
  HOLDFAST_TRY(Json end, ReadRecord(last));
  return Json{
      {"kind", "audit_log"},
      {"summary",
       "The signer's audit log. Whether it is whole and unaltered says: holdfast-signer audit verify"},
      {"records", records},
      {"first", std::move(begin)},
      {"last", std::move(end)}};
}

}  // namespace holdfast::inspect
