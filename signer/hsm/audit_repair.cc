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

}  // namespace

Result<AuditHead> RestartAuditLog(const Path& file, const Clock& clock) {
  const Path checkpoint = Path(file) += ".head";
  std::error_code error;
  if (std::filesystem::exists(file, error) && std::filesystem::file_size(file, error) > 0)
    return Fail(ErrorKind::kConflict, "audit.exists", "there is an audit log at " + file.string(),
                "If it is damaged, move its whole directory to a safe place first: it is evidence");
  std::string lost = "unknown";
  if (const auto text = ReadFile(checkpoint, 4096))
    lost = std::string(AsText(*text).substr(0, AsText(*text).find_last_not_of(" \n") + 1));
  if (!ParseAuditHead(lost)) lost = "unknown";
  HOLDFAST_CHECK(RemoveFile(checkpoint));
  HOLDFAST_TRY(const auto log, AuditLog::Create(file, clock));
  return Record(*log, "restarted", "lost", lost);
}

Result<AuditHead> AcceptClock(const Path& file, const Clock& clock) {
  HOLDFAST_TRY(const auto log, AuditLog::Open(file, clock));
  const auto newest = log->newest();
  return Record(*log, std::string(AuditLog::kClockAccepted), "newest", newest ? FormatTime(*newest) : "none");
}

}  // namespace holdfast::hsm
