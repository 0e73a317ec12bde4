// The signer's audit log: append-only lines (audit_record.h) in one file, and beside it FILE.head, the newest
// record that was made durable, as a checkpoint. A chain alone cannot show that its end was cut off; the
// checkpoint does, and an outsider who keeps one (SignerStatus carries it) shows it to who can rewrite both
// files (docs/decisions/0051).
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "protocol/platform/clock.h"
#include "protocol/platform/files.h"
#include "signer/hsm/audit_record.h"

namespace holdfast::hsm {

class AuditLog {
 public:
  // Reads the tail, checks its chain and the checkpoint; a last line that was never finished (power cut: it
  // was never acknowledged) is cut off and that is recorded. The caller makes sure that nobody else writes
  // (FileLock). Checks: audit.missing (there is no log, or nothing in it), audit.open, audit.truncated,
  // audit.head, and those of ParseAuditRecord and CheckFollows.
  static Result<std::unique_ptr<AuditLog>> Open(const Path& file, Clock clock);
  // A new log (0600, and its directory, 0700). Check: audit.exists (kConflict).
  static Result<std::unique_ptr<AuditLog>> Create(const Path& file, Clock clock);
  ~AuditLog();

  // All or none of the entries get into the file; not yet durable. Returns the first one's sequence number.
  // Check: audit.write (kUnavailable): nothing may be signed then.
  Result<int64_t> Append(std::span<const AuditEntry> entries);
  Result<int64_t> Append(const AuditEntry& entry) { return Append({&entry, 1}); }
  // Everything appended before the call is durable afterwards. Many callers share one fdatasync. Check:
  // audit.write; after a failure the log is closed for good, as nobody knows what the disk holds.
  Status Sync();

  AuditHead head() const;
  AuditHead durable_head();  // as of the last Sync; waits for one that is under way
  // Times of the events "signing" of a kind ("license", "message") that Open met in the tail, ascending. The
  // tail is the last MiB, and more when that does not cover the last minute of the log (64 MiB at most).
  std::vector<Time> RecentSignings(std::string_view kind) const;
  // Time of the newest record: the latest, as a clock may have been set back; but nothing before an event
  // kClockAccepted counts.
  std::optional<Time> newest() const;
  // What an operator has recorded after the clock had been ahead (audit_repair.h).
  static constexpr std::string_view kClockAccepted = "clock-accepted";

 private:
  struct Signing {
    Time time;
    std::string kind;
  };
  AuditLog(Path file, Clock clock) : file_(std::move(file)), clock_(std::move(clock)) {}
  Status OpenFiles();
  Status ReadTail();
  Status ReadTail(int64_t start, std::string& tail, std::string_view& torn);
  void NoteTime(const std::string& event, Time time);
  Status Repair(std::string_view torn);
  Status Broken(std::string what);

  const Path file_;
  const Clock clock_;
  int log_ = -1, checkpoint_ = -1;
  std::optional<Time> first_;  // of the tail
  std::vector<Signing> recent_signings_;

  mutable std::mutex write_mutex_;  // guards what follows; never held during fdatasync
  AuditHead head_;
  std::optional<Time> newest_;
  int64_t size_ = 0;
  std::optional<Error> broken_;
  std::mutex sync_mutex_;  // taken first
  AuditHead synced_;
};

struct AuditSummary {
  AuditHead head;
  std::optional<Time> first, last;
};
// Reads the whole log: every record, the chain, the checkpoint beside it, and `known`, a checkpoint that
// somebody else kept. Checks besides Open's: audit.torn (an unfinished last line), audit.checkpoint (the
// record that `known` names is another one, or is missing).
Result<AuditSummary> VerifyAuditLog(const Path& file, std::optional<AuditHead> known = {});
// Writes the checkpoint beside a log that was verified, as after a restore.
Status WriteAuditCheckpoint(const Path& file, const AuditHead& head);

}  // namespace holdfast::hsm
