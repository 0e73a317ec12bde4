#include "signer/hsm/audit_record.h"

#include <algorithm>
#include <charconv>

namespace holdfast::hsm {
namespace {

constexpr std::string_view kSequence = "{\"sequence\":";
constexpr std::string_view kTime = ",\"time\":\"";
constexpr std::string_view kEvent = "\",\"event\":\"";
constexpr std::string_view kPrevious = ",\"previous\":\"";
constexpr std::string_view kHash = "\",\"hash\":\"";
constexpr std::string_view kEnd = "\"}";
constexpr size_t kHex = 64;
constexpr size_t kTimeSize = 20;
// ,"previous":"<hex>","hash":"<hex>"}
constexpr size_t kTail = kPrevious.size() + kHex + kHash.size() + kHex + kEnd.size();

void AppendQuoted(std::string& to, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  to += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') to += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      to += "\\u00";
      to += kDigits[c >> 4];
      to += kDigits[c & 15];
    } else {
      to += c;
    }
  }
  to += '"';
}

bool Eat(std::string_view& rest, std::string_view literal) {
  if (!rest.starts_with(literal)) return false;
  rest.remove_prefix(literal.size());
  return true;
}

bool EatDigest(std::string_view& rest, Sha256Digest& digest) {
  const std::string_view hex = rest.substr(0, kHex);
  // Lower case only: another spelling of the same hash is another line.
  if (std::any_of(hex.begin(), hex.end(), [](char c) { return c >= 'A' && c <= 'F'; })) return false;
  auto octets = HexDecode(hex);
  if (!octets || octets->size() != digest.size()) return false;
  std::copy(octets->begin(), octets->end(), digest.begin());
  rest.remove_prefix(kHex);
  return true;
}

bool EatSequence(std::string_view& rest, int64_t& sequence) {
  auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), sequence);
  if (error != std::errc() || sequence < 0 || rest.front() == '-') return false;
  if (rest.front() == '0' && end - rest.data() > 1) return false;
  rest.remove_prefix(static_cast<size_t>(end - rest.data()));
  return true;
}

bool ParseFront(std::string_view rest, AuditRecord& record) {
  if (!Eat(rest, kSequence) || !EatSequence(rest, record.head.sequence) || !Eat(rest, kTime)) return false;
  auto time = ParseTime(rest.substr(0, kTimeSize));
  if (!time) return false;
  record.time = *time;
  rest.remove_prefix(kTimeSize);
  if (!Eat(rest, kEvent)) return false;
  record.event = rest.substr(0, rest.find('"'));
  return record.event.size() < rest.size();
}

bool ParseTail(std::string_view rest, AuditRecord& record) {
  return Eat(rest, kPrevious) && EatDigest(rest, record.previous) && Eat(rest, kHash) &&
         EatDigest(rest, record.head.hash) && rest == kEnd;
}

}  // namespace

std::string FormatAuditHead(const AuditHead& head) {
  return std::to_string(head.sequence) + ":" + HexEncode(head.hash);
}

Result<AuditHead> ParseAuditHead(std::string_view text) {
  AuditHead head;
  if (text.empty() || !EatSequence(text, head.sequence) || !Eat(text, ":") || !EatDigest(text, head.hash) ||
      !text.empty())
    return Malformed("audit.checkpoint",
                     "a checkpoint is a sequence number, a colon and 64 hexadecimal digits");
  return head;
}

AuditMembers& AuditMembers::Name(std::string_view name) {
  text_ += ",\"";
  text_ += name;
  text_ += "\":";
  return *this;
}
AuditMembers& AuditMembers::Text(std::string_view name, std::string_view value) {
  AppendQuoted(Name(name).text_, value);
  return *this;
}
AuditMembers& AuditMembers::Number(std::string_view name, int64_t value) {
  Name(name).text_ += std::to_string(value);
  return *this;
}
AuditMembers& AuditMembers::Raw(std::string_view name, std::string_view json) {
  Name(name).text_ += json;
  return *this;
}

std::string FormatAuditRecord(AuditHead& head, Time now, const AuditEntry& entry) {
  std::string line;
  line.reserve(entry.members.text().size() + 320);
  line.append(kSequence).append(std::to_string(head.sequence + 1)).append(kTime).append(FormatTime(now));
  line.append(kEvent).append(entry.event).append("\"").append(entry.members.text());
  line.append(kPrevious).append(HexEncode(head.hash)).append("\"");
  head = {head.sequence + 1, Sha256(AsBytes(line))};
  return line.append(kHash.substr(1)).append(HexEncode(head.hash)).append(kEnd);
}

Result<AuditRecord> ParseAuditRecord(std::string_view line) {
  AuditRecord record;
  if (line.size() < kTail + kSequence.size() || line.size() > kMaxAuditLine || !ParseFront(line, record) ||
      !ParseTail(line.substr(line.size() - kTail), record))
    return Malformed("audit.syntax", "a line is not an audit record");
  const size_t hashed = line.size() - kEnd.size() - kHex - (kHash.size() - 1);
  if (Sha256(AsBytes(line.substr(0, hashed))) != record.head.hash)
    return Refused("audit.hash", "record " + std::to_string(record.head.sequence) + " was altered");
  return record;
}

// Within a text every quotation mark has a backslash before it, so what is looked for is only found between
// members.
std::optional<std::string_view> AuditMember(std::string_view line, std::string_view name) {
  const std::string start = ",\"" + std::string(name) + "\":\"";
  const size_t at = line.find(start);
  if (at == line.npos) return std::nullopt;
  const std::string_view rest = line.substr(at + start.size());
  for (size_t i = 0; i < rest.size(); i++) {
    if (rest[i] == '"') return rest.substr(0, i);
    if (rest[i] == '\\') i++;
  }
  return std::nullopt;
}

Status CheckFollows(const AuditHead& before, const AuditRecord& record) {
  if (record.head.sequence != before.sequence + 1)
    return Refused("audit.sequence", "record " + std::to_string(record.head.sequence) +
                                         " stands where record " + std::to_string(before.sequence + 1) +
                                         " belongs");
  if (record.previous != before.hash)
    return Refused("audit.previous", "record " + std::to_string(record.head.sequence) +
                                         " does not follow the record before it");
  return {};
}

}  // namespace holdfast::hsm
