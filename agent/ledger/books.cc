#include "agent/ledger/books.h"

#include <algorithm>

namespace holdfast {

Status Books::Open(bool use_tpm) {
  if (is_open(use_tpm)) return {};
  auto opened = Ledger::Open(state_, tpm_, use_tpm);
  fault_ = opened ? "" : opened.error().message;
  if (!opened) return tl::unexpected(std::move(opened.error()));
  ledger_ = std::move(*opened);
  const bool known = ledger_->content().time.floor != Time{};  // else nothing could be carried over
  if (known) tpm_clock_ = time_.Adopt(ledger_->content().time, ledger_->clock());
  return {};
}

Status Books::Keep(bool use_tpm) {
  HOLDFAST_CHECK(Open(use_tpm));
  return Save();
}

Status Books::Save() {
  if (!ledger_)
    return Fail(ErrorKind::kUnavailable, "books.closed", "the ledger could not be opened yet: " + fault_);
  return Commit(ledger_->content());
}

Status Books::Commit(LedgerContent content) {
  std::optional<tpm::ClockInfo> clock;
  if (ledger_->uses_tpm()) {
    HOLDFAST_TRY(clock, tpm_.ReadClock());
  }
  content.time = time_.Record(clock);
  const Status committed = ledger_->Commit(std::move(content));
  fault_ = committed ? "" : committed.error().message;
  return committed;
}

Result<LedgerCounter> Books::Counter() {
  HOLDFAST_CHECK(Keep(true));
  const LedgerCounter& counter = *ledger_->counter();
  return LedgerCounter{counter.index, Secret::CopyOf(counter.auth.Reveal())};
}

LedgerReport Books::report() const {
  LedgerReport report;
  report.detail = fault_;
  if (!ledger_) return report;
  report.finding = ledger_->finding();
  if (fault_.empty()) report.detail = ledger_->detail();
  report.uses_tpm = ledger_->uses_tpm();
  report.open = true;
  report.tpm_clock = tpm_clock_;
  return report;
}

bool Books::RolledBack(const VerifiedLicense& license) const {
  if (!ledger_ || license.terms.assurance == AssuranceClass::kHost) return false;
  const LedgerContent& content = ledger_->content();
  const std::optional<LedgerPin>& pin = license.terms.ledger;
  const int64_t base = pin ? pin->base : 0;
  const bool born_later = pin && content.birth > base;
  const int64_t found = std::max(content.disturbed, born_later ? content.birth : 0);
  return found > std::max(base, Account(license.license_key.SpkiSha256()).accepted);
}

LicenseAccount Books::Account(const Sha256Digest& spki_hash) const {
  if (!ledger_) return {};
  const auto found = ledger_->content().licenses.find(AccountName(spki_hash));
  return found == ledger_->content().licenses.end() ? LicenseAccount() : found->second;
}

Status Books::WriteAccount(const Sha256Digest& spki_hash, LicenseAccount account) {
  LedgerContent content = ledger_->content();
  const std::string name = AccountName(spki_hash);
  if (content.licenses.size() >= kMaxLedgerLicenses && !content.licenses.contains(name))
    return Fail(ErrorKind::kConflict, "books.full",
                "the ledger has accounts for as many licenses as it can hold",
                "tell the vendor of the licensing software");
  content.licenses[name] = std::move(account);
  return Commit(std::move(content));
}

Status Books::Settle(const Sha256Digest& spki_hash, Time time, bool forgive) {
  HOLDFAST_CHECK(ledger_->Settle());  // what was found must have its stamp before it is forgiven
  LicenseAccount account = Account(spki_hash);
  account.nonce.clear();
  if (forgive) account.accepted = std::max(ledger_->content().stamp, ledger_->content().disturbed);
  const TimeRecord before = time_.Record({});
  time_.Rebase(time);
  const Status written = WriteAccount(spki_hash, std::move(account));
  if (!written) time_.Rebase(before.floor);
  return written;
}

}  // namespace holdfast
