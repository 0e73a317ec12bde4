#include "signer/hsm/audit_repair.h"

#include <unistd.h>

namespace holdfast::hsm {
namespace {

Result<AuditHead> Record(AuditLog& log, std::string event, std::string_view member, std::string_view value) {
  AuditEntry entry{std::move(event), {}};
  entry.members.Number("uid", ::getuid()).Text(member, value);
  HOLDFAST_CHECK(log.Append(entry));
  HOLDFAST_CHECK(log.Sync());
  return log.head();
}

// The checkpoint of the lost log; empty: there is none.
Result<std::string> LostCheckpoint(const Path& file) {
  const auto content = ReadFile(file, 4096);
  if (!content && content.error().kind == ErrorKind::kNotFound) return std::string();
  if (!content) return tl::unexpected(content.error());
  const std::string_view text = AsText(*content);
  const std::string lost(text.substr(0, text.find_last_not_of(" \n") + 1));
  if (lost.empty() || ParseAuditHead(lost)) return lost;
  return Fail(ErrorKind::kConflict, "audit.head", file.string() + " is damaged",
              "Move it to a safe place first: it is evidence of what the lost log had");
}

}  // namespace

Result<AuditHead> RestartAuditLog(const Path& file, const Clock& clock) {
  const Path checkpoint = Path(file) += ".head";
  std::error_code error;
  if (std::filesystem::exists(file, error) && std::filesystem::file_size(file, error) > 0)
    return Fail(ErrorKind::kConflict, "audit.exists", "there is an audit log at " + file.string(),
                "If it is damaged, move its whole directory to a safe place first: it is evidence");
  HOLDFAST_TRY(const std::string lost, LostCheckpoint(checkpoint));
  HOLDFAST_CHECK(RemoveFile(checkpoint));
  HOLDFAST_TRY(const auto log, AuditLog::Create(file, clock));
  return Record(*log, "restarted", "lost", lost.empty() ? "unknown" : lost);
}

Result<AcceptedClock> AcceptClock(const Path& file, const Clock& clock) {
  HOLDFAST_TRY(const auto log, AuditLog::Open(file, clock));
  const auto newest = log->newest();
  if (!newest || *newest <= clock()) return AcceptedClock{log->head(), false};
  HOLDFAST_TRY(const AuditHead head,
               Record(*log, std::string(AuditLog::kClockAccepted), "newest", FormatTime(*newest)));
  return AcceptedClock{head, true};
}

}  // namespace holdfast::hsm
