// The ledger: authenticated by a key that is sealed in the TPM, dated by the TPM's counter, committed in two phases.
//
// A commit writes the file with the counter's next value as its stamp, and then increments the counter to it. What was committed
// may be relied on only then. So a file is
//
//   stamp == counter        the newest
//   stamp == counter + 1    the newest, interrupted before the increment: nothing was relied on that an older file lacks
//   stamp < counter         an older one: restored from a backup, or of a disk that lies about what it has written
//   stamp > counter + 1     of a TPM that was set back itself: a virtual one, from a snapshot
//   stamp == 0              being begun, and interrupted: nothing was relied on yet
//
// A ledger is begun in the same order: first a file with its key and the authValue of a counter that is not there yet, then the counter, then the file
// that has its value. So a counter without a ledger is never what an interruption left, but one whose ledger was taken away. Who keeps such a first file
// and puts it back later has a ledger that is begun anew, as who deletes file and counter has, and no more (docs/decisions/0092).
//
// Before its first commit, and after one that failed, a process settles: it commits what it has. Whatever an interrupted process left
// behind with the next stamp is then of the past, or has the same content. (Were it not so, a file that was kept aside from an
// interruption could come back as the newest, after more was granted under the same stamp.)
//
// Nobody else increments the counter. When it has moved by more than ours, another process uses a copy of the file: the ledger is disturbed
// from then on, in both.
//
// Without a TPM (class host only) stamps count, but nothing outside the disk knows them: what is set back as a whole is not seen.
//
// Not thread safe. Calls ask the TPM: seconds on some chips. docs/ledger.md, docs/decisions/0092.
#pragma once

#include "agent/ledger/ledger_file.h"
#include "agent/state/state_directory.h"

namespace holdfast {

// What was found when the ledger was opened.
enum class LedgerFinding {
  kNew,         // there was none, and no counter of one
  kGood,        // the newest
  kRolledBack,  // older than the counter
  kTpmBehind,   // the counter is behind it
  kLost,  // the file or its counter is gone, while the other is still there; another file in its place is none
  kAltered,  // it cannot be read, or its MAC is wrong
  kForeign,  // its key is not this TPM's: copied from another machine, or the TPM was cleared
};
std::string_view LedgerFindingName(LedgerFinding finding);  // "new", "good", "rolled_back", "tpm_behind", ...

// How a stamp stands to the counter, by the table above.
LedgerFinding JudgeStamp(int64_t stamp, int64_t counter);

class Ledger {
 public:
  // Reads, and changes nothing. `use_tpm`: a ledger that has to be made anew is made with the TPM; one that is there keeps to what it
  // was made with, but for one without TPM, which is made anew with it. What can be carried over is.
  // Checks: those of the TPM and of ReadFile when asking again later makes sense. Everything else is a finding.
  static Result<Ledger> Open(const StateDirectory& state, LedgerAnchor& tpm, bool use_tpm);

  LedgerFinding finding() const { return finding_; }
  const std::string& detail() const { return detail_; }  // of a finding, for people; may be empty
  // As committed last; of a ledger that is made anew, what was carried over.
  const LedgerContent& content() const { return content_; }
  bool uses_tpm() const { return protection_.has_value(); }
  // Is it there, and not still to be made anew by the first commit?
  bool exists() const { return !create_; }
  // Was another ledger's counter in the TPM taken away to make this ledger? Of this host before, or of another state directory.
  bool replaced_counter() const { return replaced_counter_; }
  // Of the TPM, when the file was read; absent without TPM or when there was no good file.
  const std::optional<tpm::ClockInfo>& clock() const { return clock_; }
  // Of a settled ledger that uses the TPM.
  const LedgerCounter* counter() const { return protection_ ? &protection_->counter : nullptr; }

  // The lock of the state directory must be held. After success `content` is what the ledger says, and may be relied on. After an error
  // nothing of it may be. birth, stamp and disturbed are the ledger's own: what `content` says of them is not looked at.
  // Checks: those of WriteFileAtomically and of the TPM.
  Status Commit(LedgerContent content);
  // Makes what was opened the newest, if it is not yet.
  Status Settle();

 private:
  explicit Ledger(const StateDirectory& state, LedgerAnchor& tpm) : state_(&state), tpm_(&tpm) {}
  Status OpenFile(std::string_view json);
  Status OpenProtected(LedgerFile file);
  Status OpenUnprotected(const LedgerFile& file);
  void MakeAnew(LedgerFinding finding, std::string detail);
  Status MakeAnewUnlessLost(LedgerFinding finding, std::string detail);
  Status GoOnBeginning(bool has_counter);
  Status Create();
  Result<int64_t> Counter();
  Status WriteAndAdvance(const LedgerContent& content);
  Status Write(const LedgerContent& content) const;

  const StateDirectory* state_;
  LedgerAnchor* tpm_;
  bool use_tpm_ = false;
  LedgerFinding finding_ = LedgerFinding::kNew;
  std::string detail_;
  LedgerContent content_;
  std::optional<LedgerProtection> protection_;
  Secret key_;
  std::optional<tpm::ClockInfo> clock_;
  void Disturb(int64_t counter);
  std::optional<int64_t> counter_;  // as long as it is sure
  int64_t known_ = 0;               // what it was when it was sure last
  bool may_have_moved_ = false;     // by an increment of ours whose answer was lost
  bool settled_ = false, create_ = false, replaced_counter_ = false;
  bool begun_ = false;  // a counter that is there is one which this ledger was begun with
};

}  // namespace holdfast
