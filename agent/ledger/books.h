// The agent's books: the ledger and the time that is kept in it, opened once the TPM answers, saved now and then. Used by the agent
// and by the command line when no agent runs.
//
// Not thread safe; the OwnedTime is.
#pragma once

#include "agent/enforcement/decide.h"
#include "agent/ledger/conversation.h"
#include "agent/ledger/ledger.h"
#include "agent/ledger/vouchers.h"

namespace holdfast {

// What `status` says of the ledger.
struct LedgerReport {
  LedgerFinding finding = LedgerFinding::kNew;  // since the books were opened
  std::string detail;  // of the finding, for people; or why the ledger cannot be used now
  bool uses_tpm = false, open = false;
  std::optional<TpmClockEvent> tpm_clock;  // how the TPM's clock came from the run before to this one
};

class Books {
 public:
  Books(const StateDirectory& state, LedgerAnchor& tpm, OwnedTime& time)
      : state_(state), tpm_(tpm), time_(time) {}

  // Reads the ledger and hands what it knows of time to the OwnedTime; success when that was done before. Changes nothing on disk.
  // `use_tpm`: a license in the TPM is installed or asked for. Checks: those of Ledger::Open.
  Status Open(bool use_tpm);
  bool is_open(bool use_tpm) const { return ledger_ && (ledger_->uses_tpm() || !use_tpm); }
  // Can licenses be judged by it? Once it was, it can, also while it cannot be written: nothing is lost by that but the time since.
  bool is_known(bool use_tpm) const { return is_open(use_tpm) && ledger_->exists(); }
  // Open, then Save.
  Status Keep(bool use_tpm);
  // Commits the time that has passed; what Open found is on record then, and a ledger that had to be made anew exists. Check: books.closed
  // (kUnavailable), those of Ledger::Commit.
  Status Save();
  // Takes units for a batch: after success the record may be relied on, or one of the same period that has more units. `ended`: what was
  // really used in the period that is on record, when this one begins another. Checks: books.closed, ledger.full (kConflict), those of Ledger::Commit.
  Status Reserve(const MeterRecord& record, const std::optional<MeterRecord>& ended = {});
  // Save, with the units that were really used: what is left of the batches is given back. Nothing may be handed out afterwards.
  Status Close(const std::vector<MeterRecord>& used);
  // Of the ledger as it is now; nullptr: it is not open.
  const std::vector<MeterRecord>* meters() const { return ledger_ ? &ledger_->content().meters : nullptr; }
  // The meters in periods that are over, or began before time was taken back, as far as they are on record.
  std::vector<MeterRecord> ended() const;
  // Draws a nonce that the vendor with that root is asked the time with; it takes the place of one that is open. Success: it is committed. Checks: as of Keep,
  // time_request.vendors (kRefused: the answer would be refused with time_answer.vendors).
  Result<Bytes> AskTime(bool use_tpm, const Sha256Digest& root);
  // Time as the vendor with that root told it for `nonce`, which is not open any more. Checks: those of Keep, time_answer.vendors (kRefused: licenses of another
  // vendor, or too many to be sure, were used here), time_answer.nonce (kRefused: it is not open), those of Repaired. After an error nothing has changed.
  Status SetTime(bool use_tpm, const Sha256Digest& root, ByteView nonce, Time told,
                 std::optional<Time> lists);
  // Heartbeats. Begin settles the ledger, so that a report can be made from it; its stamp is what the counter stands at until Sent or Answered,
  // each of which commits. Checks: as of Keep; of Answered also heartbeat_answer.report (kRefused: no answer to that report is waited for).
  Result<ReportBasis> BeginReport(bool use_tpm, const LicenseId& license,
                                  const std::vector<MeterRecord>& used);
  Status Sent(const LicenseId& license, const Sha256Digest& report);
  // Of books that are open. Checks: books.closed, heartbeat_answer.report.
  Status CheckWaitsFor(const LicenseId& license, const Sha256Digest& report) const;
  Status Answered(bool use_tpm, const LicenseId& license, const AppliedAnswer& answer);
  // Was it the last that was applied? Check: those of Open.
  Result<bool> IsAnswered(bool use_tpm, const LicenseId& license, const Sha256Digest& answer);
  // Uses the next voucher, from now on; it is committed. Checks: as of Keep, those of holdfast::UseVoucher.
  Result<VoucherRecord> UseVoucher(bool use_tpm, const LicenseId& license,
                                   const std::optional<Vouchers>& vouchers);
  // The same, and nothing is used.
  Result<VoucherRecord> TryVoucher(bool use_tpm, const LicenseId& license,
                                   const std::optional<Vouchers>& vouchers);
  // The end of the emergency period of a repair of the license, while it runs. A new one begins now where AddRepair gives one, and the ledger is
  // none that was ever taken away or put back here. Checks: as of Keep.
  Result<std::optional<Time>> BeginRepair(bool use_tpm, const LicenseId& license, const Bytes& serial,
                                          const Repairs& terms);
  // The counter that licenses are pinned to; makes the ledger when there is none. Checks: those of Open and Save.
  Result<LedgerCounter> Counter();
  // Did that take another ledger's counter out of the TPM? A ledger that was used with it is rolled back from then on.
  bool replaced_counter() const { return replaced_counter_; }

  // What is installed now; the next commit records it, so that an older file of a license is known when it comes back. True: it is news.
  bool See(const std::vector<LicenseView>& licenses);

  LedgerReport report() const;
  // Says of each verified license how the ledger stands to it, and why where that is not known.
  void Judge(std::vector<LicenseView>& licenses) const;

 private:
  Error Closed() const;
  Result<TimeRecord> RecordTime();
  Status CommitNow(LedgerContent content);  // with the time that has passed
  Status Commit(LedgerContent content);
  LedgerStanding StandingTo(const VerifiedLicense& license) const;
  bool RolledBack(const VerifiedLicense& license) const;
  bool IsOfNewHardware() const;
  Status CheckOneVendor(const Sha256Digest& root, std::string_view check) const;
  LedgerContent ContentFor(
      const LicenseId& license) const;  // in which it has a root wherever it has a record
  void AddWhatIsKnown(LicenseView& license) const;
  const StateDirectory& state_;
  LedgerAnchor& tpm_;
  OwnedTime& time_;
  std::optional<Ledger> ledger_;
  std::vector<NewestRecord> seen_;
  std::string fault_;  // of the last attempt
  std::optional<TpmClockEvent> tpm_clock_;
  bool replaced_counter_ = false;  // by the last call of Counter
};

}  // namespace holdfast
