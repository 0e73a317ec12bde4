#include "agent/ledger/books.h"

#include <algorithm>

#include "agent/ledger/newest.h"
#include "agent/ledger/repairs.h"
#include "agent/time/repaired_time.h"
#include "protocol/crypto/random.h"
#include "protocol/license_message.h"

namespace holdfast {
namespace {

constexpr Seconds kLongOver{400 * 86400};

// A meter whose period is over says the same as none, once what was used in it is kept for the vendor.
bool MakeRoom(LedgerContent& content, Time floor) {
  std::vector<MeterRecord>& meters = content.meters;
  if (meters.size() < kMaxMeterRecords) return true;
  std::erase_if(meters, [&](const MeterRecord& meter) {
    const bool over = meter.period != MeterPeriod::kNever && meter.since + kLongOver < floor;
    if (over) KeepPast(content, meter);
    return over;
  });
  return meters.size() < kMaxMeterRecords;
}

}  // namespace

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

Error Books::Closed() const {
  return {ErrorKind::kUnavailable, "books.closed", "the ledger could not be opened yet: " + fault_,
          "try again; holdfast status says more"};
}

Status Books::Save() {
  if (!ledger_) return tl::unexpected(Closed());
  return CommitNow(ledger_->content());
}

Status Books::Reserve(const MeterRecord& record, const std::optional<MeterRecord>& ended) {
  if (!ledger_) return tl::unexpected(Closed());
  LedgerContent content = ContentFor(record.id);
  std::vector<MeterRecord>& meters = content.meters;
  const auto same = std::find_if(meters.begin(), meters.end(),
                                 [&](const MeterRecord& each) { return IsSameMeter(each, record); });
  if (same != meters.end()) {
    // Somebody else who waited had a batch taken that is enough for both.
    const bool later = same->since > record.since && !IsTakenBack(*same, time_.Read().floor);
    if (later || (same->since == record.since && same->units >= record.units)) return {};
    if (same->since != record.since) {
      const bool known = ended && IsSameMeter(*ended, *same) && ended->since == same->since;
      KeepPast(content, known ? *ended : *same);
    }
    *same = record;
  } else if (MakeRoom(content, time_.Read().floor)) {
    meters.push_back(record);
  } else {
    return Fail(ErrorKind::kConflict, "ledger.full",
                "the ledger has " + std::to_string(kMaxMeterRecords) + " meters already, and no place for " +
                    record.limit);
  }
  return CommitNow(std::move(content));
}

Status Books::Close(const std::vector<MeterRecord>& used) {
  if (!ledger_) return tl::unexpected(Closed());
  LedgerContent content = ledger_->content();
  for (MeterRecord& meter : content.meters)
    for (const MeterRecord& exact : used)
      if (IsSameMeter(meter, exact) && meter.since == exact.since) meter.units = exact.units;
  return CommitNow(std::move(content));
}

std::vector<MeterRecord> Books::ended() const {
  std::vector<MeterRecord> ended;
  if (!ledger_) return ended;
  for (const PastUsage& past : ledger_->content().past) ended.push_back(past.meter);
  return ended;
}

bool Books::See(const std::vector<LicenseView>& licenses) {
  bool news = false;
  for (const LicenseView& license : licenses) {
    if (!license.verified) continue;
    const NewestRecord seen = NewestOf(*license.verified);
    Note(seen_, seen);
    if (seen_.size() > kMaxNewestRecords) seen_.erase(seen_.begin());
    news = news || !ledger_ || IsNews(ledger_->content(), seen);
  }
  return news;
}

LedgerContent Books::ContentFor(const LicenseId& license) const {
  LedgerContent content = ledger_->content();
  TakeOver(content, license);
  return content;
}

Status Books::CommitNow(LedgerContent content) {
  for (const NewestRecord& seen : seen_) {
    TakeOver(content, seen.id);
    Note(content, seen, seen_);
  }
  HOLDFAST_TRY(content.time, RecordTime());
  return Commit(std::move(content));
}

Result<TimeRecord> Books::RecordTime() {
  std::optional<tpm::ClockInfo> clock;
  if (ledger_->uses_tpm()) {
    HOLDFAST_TRY(clock, tpm_.ReadClock());
  }
  return time_.Record(clock);
}

Status Books::Commit(LedgerContent content) {
  const Status committed = ledger_->Commit(std::move(content));
  fault_ = committed ? "" : committed.error().message;
  return committed;
}

Result<Bytes> Books::AskTime(bool use_tpm, const Sha256Digest& root) {
  HOLDFAST_CHECK(Open(use_tpm));
  LedgerContent content = ledger_->content();
  HOLDFAST_CHECK(CheckOneVendor(root, "time_request.vendors"));
  HOLDFAST_TRY(content.time, RecordTime());
  Bytes nonce = RandomBytes(kNonceSize);
  content.question = {nonce, content.time.passed};
  HOLDFAST_CHECK(Commit(std::move(content)));
  return nonce;
}

// Root could pin a vendor of his own, who tells him any time.
Status Books::CheckOneVendor(const Sha256Digest& root, std::string_view check) const {
  const auto refused = [&](const std::string& why) {
    return Refused(
        check, why + ", whose time this one cannot set back",
        "ask all vendors for new activations (holdfast request --new) after moving ledger.json away");
  };
  for (const NewestRecord& other : ledger_->content().newest)
    if (other.id.root && other.id.root != root)
      return refused("license " + other.id.license + " of " + other.id.product +
                     ", which is of another vendor, was used on this host");
  if (ledger_->content().forgotten)
    return refused("so many licenses were used on this host that one may be of another vendor");
  return {};
}

Status Books::SetTime(bool use_tpm, const Sha256Digest& root, ByteView nonce, Time told,
                      std::optional<Time> lists) {
  HOLDFAST_CHECK(Open(use_tpm));
  HOLDFAST_CHECK(CheckOneVendor(root, "time_answer.vendors"));
  LedgerContent content = ledger_->content();
  const std::optional<TimeQuestion> question = std::exchange(content.question, std::nullopt);
  if (!question || !Equal(question->nonce, nonce))
    return Refused(
        "time_answer.nonce",
        "this host does not wait for this answer: it was installed already, the time was asked for again "
        "since, or another host has asked",
        "install the answer to the newest request, or ask again with holdfast time request");
  HOLDFAST_TRY(const TimeRecord record, RecordTime());
  const Seconds since_asked = record.passed - question->passed;
  HOLDFAST_TRY(content.time, Repaired(record, {told, since_asked, lists, time_.Read().wall}));
  const TimeRecord repaired = content.time;
  HOLDFAST_CHECK(Commit(std::move(content)));
  time_.Repair(repaired);
  return {};
}

Result<ReportBasis> Books::BeginReport(bool use_tpm, const LicenseId& license,
                                       const std::vector<MeterRecord>& used) {
  HOLDFAST_CHECK(Keep(use_tpm));
  const LedgerContent& content = ledger_->content();
  ReportBasis basis{.conversation = ConversationOf(content, license),
                    .usage = UsageOf(content, license, used),
                    .ledger = {content.birth, content.stamp, content.disturbed},
                    .vouchers_used = VouchersOf(content, license).used,
                    .counter = {}};
  if (const LedgerCounter* counter = ledger_->counter())
    basis.counter = LedgerCounter{counter->index, Secret::CopyOf(counter->auth.Reveal())};
  return basis;
}

Status Books::Sent(const LicenseId& license, const Sha256Digest& report) {
  if (!ledger_) return tl::unexpected(Closed());
  LedgerContent content = ContentFor(license);
  NoteReport(content, license, report);
  return CommitNow(std::move(content));
}

Status Books::CheckWaitsFor(const LicenseId& license, const Sha256Digest& report) const {
  if (!ledger_) return tl::unexpected(Closed());
  return holdfast::CheckWaitsFor(ledger_->content(), license, report);
}

Status Books::Answered(bool use_tpm, const LicenseId& license, const AppliedAnswer& answer) {
  HOLDFAST_CHECK(Open(use_tpm));
  LedgerContent content = ContentFor(license);
  HOLDFAST_CHECK(NoteAnswer(content, license, answer));
  return CommitNow(std::move(content));
}

Result<bool> Books::IsAnswered(bool use_tpm, const LicenseId& license, const Sha256Digest& answer) {
  HOLDFAST_CHECK(Open(use_tpm));
  return ConversationOf(ledger_->content(), license).answer == answer;
}

Result<VoucherRecord> Books::UseVoucher(bool use_tpm, const LicenseId& license,
                                        const std::optional<Vouchers>& vouchers) {
  HOLDFAST_CHECK(Keep(use_tpm));
  LedgerContent content = ContentFor(license);
  HOLDFAST_TRY(const VoucherRecord used, holdfast::UseVoucher(content, license, vouchers, time_.Read()));
  HOLDFAST_CHECK(CommitNow(std::move(content)));
  return used;
}

Result<VoucherRecord> Books::TryVoucher(bool use_tpm, const LicenseId& license,
                                        const std::optional<Vouchers>& vouchers) {
  HOLDFAST_CHECK(Open(use_tpm));
  LedgerContent content = ledger_->content();
  return holdfast::UseVoucher(content, license, vouchers, time_.Read());
}

// A ledger of the license's own, or of this hardware, that somebody took away or put back is no new hardware, today or later.
bool Books::IsOfNewHardware() const {
  const LedgerFinding finding = ledger_->finding();
  const bool fresh =
      finding == LedgerFinding::kNew || finding == LedgerFinding::kGood || finding == LedgerFinding::kForeign;
  return fresh && ledger_->content().disturbed == 0;
}

Result<std::optional<Time>> Books::BeginRepair(bool use_tpm, const LicenseId& license, const Bytes& serial,
                                               const Repairs& terms) {
  HOLDFAST_CHECK(Keep(use_tpm));
  if (!IsOfNewHardware()) return std::nullopt;
  LedgerContent content = ContentFor(license);
  const TimeReading now = time_.Read();
  if (const auto last = RepairOf(content, license)) {
    const GrantedPeriod period = AtMost(*last, terms.emergency);
    if (IsRunning(period, now)) return period.until;
  }
  const auto added = AddRepair(content, license, serial, terms, now);
  if (!added) return std::nullopt;
  HOLDFAST_CHECK(CommitNow(std::move(content)));
  return added->until;
}

Result<LedgerCounter> Books::Counter() {
  const bool known = is_known(true);
  HOLDFAST_CHECK(Keep(true));
  replaced_counter_ = !known && ledger_->replaced_counter();
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

void Books::Judge(std::vector<LicenseView>& licenses) const {
  for (LicenseView& license : licenses) {
    if (!license.verified) continue;
    license.ledger = StandingTo(*license.verified);
    AddWhatIsKnown(license);
    if (license.ledger != LedgerStanding::kUnknown || !license.fault.empty()) continue;
    license.fault = "the ledger cannot be used: " +
                    (fault_.empty() ? "it must be made anew, which the agent does" : fault_);
  }
}

void Books::AddWhatIsKnown(LicenseView& license) const {
  license.contact_known = ledger_.has_value();
  if (!ledger_) return;
  const LedgerContent& content = ledger_->content();
  const LicenseId id = IdOf(*license.verified);
  license.contact = ConversationOf(content, id).contact;
  const VoucherRecord vouchers = VouchersOf(content, id);
  license.vouchers_used = vouchers.used;
  if (vouchers.used > 0) license.voucher = vouchers.last;
  license.repair = RepairOf(content, id);
  if (license.hard_count.used) *license.hard_count.used += CountedByLedger(license, content.meters);
  if (!IsRestored(content, *license.verified)) return;
  license.ledger = LedgerStanding::kRolledBack;
  license.contact.reset();
  if (license.fault.empty())
    license.fault =
        "a newer file of this license, or a newer list, was installed here before, or too many other "
        "licenses for this one to be remembered: install the vendor's newest answer and revocation list "
        "again, or activate the license anew";
}

LedgerStanding Books::StandingTo(const VerifiedLicense& license) const {
  if (license.terms.assurance == AssuranceClass::kHost) return LedgerStanding::kGood;
  if (!is_known(true)) return LedgerStanding::kUnknown;
  return RolledBack(license) ? LedgerStanding::kRolledBack : LedgerStanding::kGood;
}

// Has it been set back, or another one been begun, since the license was asked for?
bool Books::RolledBack(const VerifiedLicense& license) const {
  const LedgerContent& content = ledger_->content();
  const std::optional<LedgerPin>& pin = license.terms.ledger;
  const int64_t base = pin ? pin->base : 0;
  const bool born_later = pin && content.birth > base;
  const int64_t found = std::max(content.disturbed, born_later ? content.birth : 0);
  return found > base;
}

}  // namespace holdfast
