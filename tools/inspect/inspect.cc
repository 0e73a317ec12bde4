#include "tools/inspect/inspect.h"

#include "protocol/file_kind.h"
#include "protocol/json_text.h"
#include "tools/cli/output.h"
#include "tools/inspect/parts.h"

namespace holdfast::inspect {
namespace {

std::string Value(const Json& json) {
  return json.is_string() ? json.get<std::string>() : FormatJson(json);
}

std::string Label(std::string name) {
  for (char& c : name) {
    if (c == '_') c = ' ';
  }
  return name;
}

void AddLines(const Json& json, int depth, std::string& out) {
  const std::string indent(static_cast<size_t>(depth) * 2, ' ');
  for (const auto& [name, value] : json.items()) {
    const std::string label =
        json.is_array() ? std::to_string(std::stoi(name) + 1) : cli::Printable(Label(name));
    if (value.is_structured()) {
      out += indent + label + (value.empty() ? ": none" : ":") + "\n";
      AddLines(value, depth + 1, out);
    } else {
      out += indent + label + ": " + cli::Printable(Value(value)) + "\n";
    }
  }
}

// A SEQUENCE whose length takes octets of its own (X.690 8.1.3.5): no text has the second octet.
bool LooksLikeDer(std::string_view text) {
  return text.size() > 2 && text[0] == 0x30 && (static_cast<uint8_t>(text[1]) & 0x80) != 0;
}

}  // namespace

Result<Json> Inspect(std::string_view text) {
  if (text.empty()) return Malformed("inspect.empty", "the file is empty", "");
  if (LooksLikeDer(text)) return InspectDer(text);
  switch (RecogniseFile(text)) {
    case FileKind::kRequest:
      return InspectRequest(text);
    case FileKind::kAnswer:
      return InspectAnswer(text);
    case FileKind::kReturn:
      return InspectReturn(text);
    case FileKind::kReturnNonce:
      return InspectReturnNonce(text);
    case FileKind::kTimeRequest:
      return InspectTimeRequest(text);
    case FileKind::kTimeAnswer:
      return InspectTimeAnswer(text);
    case FileKind::kHeartbeat:
      return InspectHeartbeat(text);
    case FileKind::kHeartbeatAnswer:
      return InspectHeartbeatAnswer(text);
    case FileKind::kCertificates:
      return InspectCertificates(text);
    case FileKind::kCrl:
      return InspectCrlFile(text);
    case FileKind::kProductKey:
      return InspectProductKey(text);
    case FileKind::kJson:
      return InspectJson(text);
    case FileKind::kPrivateKey:
      return Refused("inspect.private_key", "this is a private key",
                     "it must not be here: ask whoever made it");
    case FileKind::kQuoted:
    case FileKind::kUnknown:
      break;
  }
  return Malformed("inspect.unknown", "this is " + std::string(DescribeFileKind(RecogniseFile(text))), "");
}

std::string Describe(const Json& inspected) {
  std::string out;
  Json rest = inspected;
  if (auto summary = rest.find("summary"); summary != rest.end()) {
    out = cli::Printable(Value(*summary)) + "\n";
    rest.erase("summary");
  }
  rest.erase("kind");
  AddLines(rest, 0, out);
  return out;
}

}  // namespace holdfast::inspect
