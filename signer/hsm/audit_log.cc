#include "signer/hsm/audit_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace holdfast::hsm {
namespace {

constexpr int64_t kTailSize = 1024 * 1024, kMaxTailSize = 64 * kTailSize;
constexpr Seconds kCovered{60};         // what the rate limits look at
constexpr size_t kCheckpointSize = 96;  // fixed, so that an older checkpoint is overwritten whole

Path CheckpointPath(const Path& file) {
  return Path(file) += ".head";
}

tl::unexpected<Error> Fault(std::string_view check, const Path& file, std::string_view what) {
  return Fail(ErrorKind::kUnavailable, check, file.string() + ": " + std::string(what),
              "Nothing is signed without its audit record: mend the disk, then start the signer again");
}

bool HasRecords(const Path& file) {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0 && info.st_size > 0;
}

std::string CheckpointText(const AuditHead& head) {
  std::string text = FormatAuditHead(head);
  text.resize(kCheckpointSize - 1, ' ');
  return text + '\n';
}

Result<std::optional<AuditHead>> ReadCheckpoint(const Path& path) {
  auto content = ReadFile(path, 4096);
  if (!content && content.error().kind == ErrorKind::kNotFound) return std::nullopt;
  if (!content) return tl::unexpected(content.error());
  std::string_view text = AsText(*content);
  if (text.empty()) return std::nullopt;
  text = text.substr(0, text.find_last_not_of(" \n") + 1);
  HOLDFAST_TRY(const AuditHead head, ParseAuditHead(text));
  return head;
}

Result<int> OpenForWriting(const Path& path, int flags) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
  if (descriptor < 0) return Fault("audit.open", path, std::strerror(errno));
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(descriptor);
    return Fault("audit.open", path, "not a regular file");
  }
  return descriptor;
}

// Walks lines over a chain; `head` is where the chain stands. The first record of a window is taken as it is.
class ChainReader {
 public:
  ChainReader(bool from_start, std::optional<AuditHead> checkpoint)
      : started_(from_start), checkpoint_(checkpoint) {}

  Result<AuditRecord> Next(std::string_view line) {
    HOLDFAST_TRY(AuditRecord record, ParseAuditRecord(line));
    if (started_) HOLDFAST_CHECK(CheckFollows(head_, record));
    started_ = true;
    head_ = record.head;
    if (checkpoint_ && checkpoint_->sequence == head_.sequence) {
      if (checkpoint_->hash != head_.hash)
        return Refused("audit.head",
                       "record " + std::to_string(head_.sequence) + " is not the one that was made durable");
      checkpoint_.reset();
    }
    return record;
  }
  // The checkpoint must have been met, or lie before the window.
  Status Finish() const {
    if (!checkpoint_ || checkpoint_->sequence < head_.sequence || checkpoint_->sequence == 0) return {};
    return Refused("audit.truncated",
                   "the log ends at record " + std::to_string(head_.sequence) + ", but record " +
                       std::to_string(checkpoint_->sequence) + " was made durable",
                   "Restore the newest audit log; somebody or something cut its end off");
  }
  const AuditHead& head() const { return head_; }

 private:
  bool started_;
  std::optional<AuditHead> checkpoint_;
  AuditHead head_;
};

Status NeedCheckpoint(bool has_log, bool has_checkpoint, const Path& file) {
  if (!has_log || has_checkpoint) return {};
  return Refused("audit.head", CheckpointPath(file).string() + " is missing",
                 "Verify the log against a checkpoint that was kept elsewhere: holdfast-signer audit verify "
                 "--checkpoint N:HASH --write-head");
}

}  // namespace

Result<std::unique_ptr<AuditLog>> AuditLog::Open(const Path& file, Clock clock) {
  if (!HasRecords(file))
    return Refused(
        "audit.missing", "there is no audit log at " + file.string(),
        "Restore its directory from the newest backup. If it is lost for good, begin a new one, which the "
        "new log records: holdfast-signer audit restart");
  std::unique_ptr<AuditLog> log(new AuditLog(file, std::move(clock)));
  HOLDFAST_CHECK(log->OpenFiles());
  HOLDFAST_CHECK(log->ReadTail());
  return log;
}

Result<std::unique_ptr<AuditLog>> AuditLog::Create(const Path& file, Clock clock) {
  if (HasRecords(file) || HasRecords(CheckpointPath(file)))
    return Fail(ErrorKind::kConflict, "audit.exists", "there is an audit log at " + file.string());
  HOLDFAST_CHECK(MakeDirectory(file.parent_path(), 0700));
  std::unique_ptr<AuditLog> log(new AuditLog(file, std::move(clock)));
  HOLDFAST_CHECK(log->OpenFiles());
  return log;
}

AuditLog::~AuditLog() {
  if (log_ >= 0) ::close(log_);
  if (checkpoint_ >= 0) ::close(checkpoint_);
}

Status AuditLog::OpenFiles() {
  HOLDFAST_TRY(auto known, ReadCheckpoint(CheckpointPath(file_)));
  HOLDFAST_CHECK(NeedCheckpoint(HasRecords(file_), known.has_value(), file_));
  HOLDFAST_TRY(log_, OpenForWriting(file_, O_APPEND));
  HOLDFAST_TRY(checkpoint_, OpenForWriting(CheckpointPath(file_), 0));
  return {};
}

Status AuditLog::ReadTail() {
  size_ = ::lseek(log_, 0, SEEK_END);
  for (int64_t length = kTailSize;; length *= 4) {
    const int64_t start = std::max<int64_t>(0, size_ - length);
    std::string tail;
    std::string_view torn;
    HOLDFAST_CHECK(ReadTail(start, tail, torn));
    const bool covered = !first_ || !newest_ || *first_ < *newest_ - kCovered;
    if (start == 0 || covered || length >= kMaxTailSize) return torn.empty() ? Status() : Repair(torn);
  }
}

// Reads from `start` on; `torn` is what lies behind the last whole line, in `tail`.
Status AuditLog::ReadTail(int64_t start, std::string& tail, std::string_view& torn) {
  HOLDFAST_TRY(auto checkpoint, ReadCheckpoint(CheckpointPath(file_)));
  tail.resize(static_cast<size_t>(size_ - start));
  if (::pread(log_, tail.data(), tail.size(), start) != static_cast<ssize_t>(tail.size()))
    return Fault("audit.open", file_, "cannot be read");
  std::string_view rest = tail;
  if (start > 0) rest.remove_prefix(std::min(rest.size(), rest.find('\n') + 1));
  ChainReader chain(start == 0, checkpoint);
  first_ = newest_ = std::nullopt;
  recent_signings_.clear();
  for (size_t end; (end = rest.find('\n')) != rest.npos; rest.remove_prefix(end + 1)) {
    if (rest.front() == '\0') break;
    const std::string_view line = rest.substr(0, end);
    HOLDFAST_TRY(const AuditRecord record, chain.Next(line));
    if (!first_) first_ = record.time;
    NoteTime(record.event, record.time);
    if (record.event == "signing")
      recent_signings_.push_back({record.time, std::string(AuditMember(line, "kind").value_or(""))});
  }
  HOLDFAST_CHECK(chain.Finish());
  head_ = synced_ = chain.head();
  torn = rest;
  return {};
}

// With the clock the operator accepts that later times in older records were wrong.
void AuditLog::NoteTime(const std::string& event, Time time) {
  if (event == kClockAccepted) {
    newest_ = time;
    recent_signings_.clear();
  } else {
    newest_ = std::max(newest_.value_or(time), time);
  }
}

std::vector<Time> AuditLog::RecentSignings(std::string_view kind) const {
  std::vector<Time> times;
  for (const Signing& signing : recent_signings_)
    if (signing.kind == kind) times.push_back(signing.time);
  return times;
}

Status AuditLog::Repair(std::string_view torn) {
  size_ -= static_cast<int64_t>(torn.size());
  if (::ftruncate(log_, size_) != 0) return Fault("audit.open", file_, std::strerror(errno));
  AuditEntry entry{"repaired", {}};
  entry.members.Number("cut_octets", static_cast<int64_t>(torn.size()))
      .Text("sha256", HexEncode(Sha256(AsBytes(torn))));
  HOLDFAST_CHECK(Append(entry));
  return Sync();
}

Status AuditLog::Broken(std::string what) {
  auto error = Fault("audit.write", file_, what);
  broken_ = error.value();
  return error;
}

Result<int64_t> AuditLog::Append(std::span<const AuditEntry> entries) {
  const std::scoped_lock lock(write_mutex_);
  if (broken_) return tl::unexpected(*broken_);
  AuditHead head = head_;
  const Time now = clock_();
  std::string lines;
  for (const AuditEntry& entry : entries) lines.append(FormatAuditRecord(head, now, entry)).append("\n");
  const ssize_t written = ::write(log_, lines.data(), lines.size());
  if (written != static_cast<ssize_t>(lines.size())) {
    const std::string why = written < 0 ? std::strerror(errno) : "no space left";
    // Half a line must not stand before the next one.
    if (::ftruncate(log_, size_) != 0) return tl::unexpected(Broken(why).error());
    return Fault("audit.write", file_, why);
  }
  size_ += written;
  for (const AuditEntry& entry : entries) NoteTime(entry.event, now);
  const int64_t first = head_.sequence + 1;
  head_ = head;
  return first;
}

Status AuditLog::Sync() {
  const AuditHead wanted = head();
  const std::scoped_lock turn(sync_mutex_);
  if (synced_.sequence >= wanted.sequence && synced_.sequence > 0) {
    const std::scoped_lock lock(write_mutex_);
    return broken_ ? Status(tl::unexpected(*broken_)) : Status();
  }
  const AuditHead covered = head();
  const int failed = ::fdatasync(log_);
  const int reason = errno;
  const std::scoped_lock lock(write_mutex_);
  if (broken_) return tl::unexpected(*broken_);
  if (failed != 0) return Broken(std::strerror(reason));
  const std::string text = CheckpointText(covered);
  if (::pwrite(checkpoint_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return Broken("the checkpoint cannot be written");
  synced_ = covered;
  return {};
}

AuditHead AuditLog::head() const {
  const std::scoped_lock lock(write_mutex_);
  return head_;
}

AuditHead AuditLog::durable_head() {
  const std::scoped_lock turn(sync_mutex_);
  return synced_;
}

std::optional<Time> AuditLog::newest() const {
  const std::scoped_lock lock(write_mutex_);
  return newest_;
}

Result<AuditSummary> VerifyAuditLog(const Path& file, std::optional<AuditHead> known) {
  HOLDFAST_TRY(auto checkpoint, ReadCheckpoint(CheckpointPath(file)));
  std::ifstream in(file, std::ios::binary);
  if (!in) return Fail(ErrorKind::kNotFound, "audit.open", file.string() + ": " + std::strerror(errno));
  ChainReader chain(true, checkpoint);
  AuditSummary summary;
  for (std::string line; std::getline(in, line);) {
    if (in.eof()) return Refused("audit.torn", "the last line is not finished");
    HOLDFAST_TRY(const AuditRecord record, chain.Next(line));
    if (!summary.first) summary.first = record.time;
    summary.last = record.time;
    if (known && known->sequence == record.head.sequence && known->hash != record.head.hash)
      return Refused("audit.checkpoint",
                     "record " + std::to_string(known->sequence) + " is not the one of the checkpoint");
  }
  HOLDFAST_CHECK(chain.Finish());
  if (known && known->sequence > chain.head().sequence)
    return Refused("audit.checkpoint", "the log ends at record " + std::to_string(chain.head().sequence) +
                                           ", before that of the checkpoint");
  // An outsider's checkpoint replaces the one beside the log.
  HOLDFAST_CHECK(NeedCheckpoint(chain.head().sequence > 0, checkpoint || known, file));
  summary.head = chain.head();
  return summary;
}

Status WriteAuditCheckpoint(const Path& file, const AuditHead& head) {
  return WriteFileAtomically(CheckpointPath(file), AsBytes(CheckpointText(head)), 0600);
}

}  // namespace holdfast::hsm
