// One record of the signer's audit log: a line of JSON that carries its own hash and that of the line before.
//
//   {"sequence":7,"time":"2026-11-22T06:00:00Z","event":"signed", ..., "previous":"<64 hex>","hash":"<64
//   hex>"}
//
// "hash" is SHA-256 of the line's octets before `,"hash":`; "previous" is the hash of the line before, zeros
// for the first. So any tool can read a line (jq), and a reader needs no JSON parser to check the chain.
#pragma once

#include <optional>

#include "protocol/crypto/digest.h"
#include "protocol/time.h"

namespace holdfast::hsm {

inline constexpr size_t kMaxAuditLine = 256 * 1024;

// Where in the chain: sequence and hash of the newest record. {0, zeros} before the first.
struct AuditHead {
  int64_t sequence = 0;
  Sha256Digest hash{};
  bool operator==(const AuditHead&) const = default;
};
std::string FormatAuditHead(const AuditHead& head);       // "<sequence>:<hex>", a checkpoint
Result<AuditHead> ParseAuditHead(std::string_view text);  // check: audit.checkpoint

// The members of a record between "event" and "previous", in the order in which they are added.
class AuditMembers {
 public:
  AuditMembers& Text(std::string_view name, std::string_view value);  // UTF-8; escaped
  AuditMembers& Number(std::string_view name, int64_t value);
  AuditMembers& Raw(std::string_view name, std::string_view json);
  const std::string& text() const { return text_; }

 private:
  AuditMembers& Name(std::string_view name);
  std::string text_;
};

struct AuditEntry {
  std::string event;  // "signing", "signed", "failed", "refused", "start", "stop", "repaired", ..
  AuditMembers members;
};

// The line, without its newline; `head` becomes that of the new record.
std::string FormatAuditRecord(AuditHead& head, Time now, const AuditEntry& entry);

struct AuditRecord {
  AuditHead head;
  Sha256Digest previous{};
  Time time;
  std::string event;
};
// Checks: audit.syntax, audit.hash. Whether it follows another is CheckFollows.
Result<AuditRecord> ParseAuditRecord(std::string_view line);
// The text of a member that AuditMembers::Text wrote, as it stands in the line (escaped); nullopt: absent.
std::optional<std::string_view> AuditMember(std::string_view line, std::string_view name);
// Checks: audit.sequence, audit.previous.
Status CheckFollows(const AuditHead& before, const AuditRecord& record);

}  // namespace holdfast::hsm
