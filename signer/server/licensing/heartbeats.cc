#include "signer/server/licensing/heartbeats.h"

#include "protocol/display_text.h"
#include "signer/server/licensing/heartbeat_signing.h"
#include "signer/server/licensing/reporter.h"
#include "signer/server/licensing/sold_plan.h"

namespace holdfast {
namespace {

constexpr int kAttempts = 8;  // when others record for the same host

// One is kept for what the license's status has to say.
Status CheckNotices(const std::vector<std::string>& notices) {
  if (notices.size() >= kMaxNotices)
    return Malformed("heartbeat.notices", "at most " + std::to_string(kMaxNotices - 1) + " notices",
                     "say it in fewer");
  for (const std::string& notice : notices)
    if (notice.empty() || !IsDisplayText(notice, kMaxNoticeSize))
      return Malformed("heartbeat.notices",
                       "a notice is text of 1 to 512 octets in one line, without control characters",
                       "shorten it, or send a letter");
  return {};
}

// Before the store is asked: nobody here knows the serial numbers of another vendor's licenses.
Status CheckVendor(const HeartbeatReport& report, const std::string& vendor) {
  if (report.vendor == vendor) return {};
  return Refused("heartbeat.vendor",
                 "the report is for vendor \"" + report.vendor + "\", this is \"" + vendor + "\"",
                 "send it to that vendor");
}

std::vector<std::string> NoticesFor(const LicenseRecord& license, const HeartbeatOptions& options) {
  std::vector<std::string> notices;
  if (license.status != LicenseStatus::kActive)
    notices.push_back("License " + license.id + " is " + std::string(LicenseStatusName(license.status)) +
                      " since " + FormatTime(license.status_since) + ".");
  notices.insert(notices.end(), options.notices.begin(), options.notices.end());
  return notices;
}

// Nothing is judged by records that have changed since.
HeartbeatCheck AsJudged(const LicenseRecord& license, size_t past) {
  return [license, past](const LicenseRecord& now, const std::vector<HeartbeatRecord>& before) -> Status {
    if (before.size() == past && now.status == license.status && now.plan == license.plan &&
        now.product_version == license.product_version && now.ends == license.ends)
      return {};
    return Fail(ErrorKind::kUnavailable, kOvertaken,
                "the license changed, or another report of this host was recorded, while this one was being "
                "answered",
                "try again");
  };
}

bool IsOver(const LicenseTerms& terms, Time now) {
  return terms.expires && *terms.expires + terms.expiry_grace <= now;
}

Result<AnsweredHeartbeat> AsRecorded(Store& store, AnsweredHeartbeat answered,
                                     const HeartbeatRecord& record) {
  HOLDFAST_TRY(const SignedHeartbeatAnswer file, ReadHeartbeatAnswerFile(record.answer));
  answered.answer = file.content;
  answered.file = record.answer;
  answered.notes = record.notes;
  answered.seen = record.seen;
  answered.repeated = true;
  HOLDFAST_TRY(const auto activations, store.ListActivations(record.license));
  for (const ActivationRecord& activation : activations)
    if (activation.id == record.activation) answered.activation = activation;
  HOLDFAST_TRY(answered.terms, ParseTerms(answered.activation.terms));
  answered.expired = IsOver(answered.terms, answered.seen);
  answered.renewed = answered.activation.serial != answered.report.report.serial;
  return answered;
}

HeartbeatRecord RecordOf(const AnsweredHeartbeat& answered, const Bytes& answer_id, uint64_t counter) {
  const HeartbeatReport& report = answered.report.report;
  return {.license = answered.license.id,
          .ek_name = answered.activation.ek_name,
          .activation = answered.activation.id,
          .report_id = ToBytes(ByteView(answered.report.id)),
          .report = answered.report.compact,
          .report_sequence = report.sequence,
          .counter = counter,
          .birth = report.ledger.birth,
          .answer_id = answer_id,
          .answer = answered.file,
          .host = HostNameOf(report),
          .notes = answered.notes,
          .seen = answered.seen};
}

}  // namespace

Result<AnsweredHeartbeat> Licensing::AnswerHeartbeat(const std::string& actor, std::string_view report_file,
                                                     const HeartbeatOptions& options) {
  HOLDFAST_CHECK(CheckNotices(options.notices));
  HOLDFAST_TRY(const Heartbeat heartbeat, ReadHeartbeatFile(report_file));
  for (int attempt = 1;; ++attempt) {
    auto answered = AnswerOnce(actor, heartbeat, options);
    if (answered || answered.error().check != kOvertaken || attempt == kAttempts) return answered;
  }
}

Result<AnsweredHeartbeat> Licensing::AnswerOnce(const std::string& actor, const Heartbeat& heartbeat,
                                                const HeartbeatOptions& options) {
  HOLDFAST_CHECK(CheckVendor(heartbeat.report.report, settings_.vendor));
  HOLDFAST_TRY(const Reporter reporter, FindReporter(store_, heartbeat.report.report));
  HOLDFAST_TRY(const HeartbeatAppraisal appraised,
               AppraiseHeartbeat(heartbeat, ExpectationOf(reporter, settings_.vendor)));
  AnsweredHeartbeat answered{.license = reporter.license, .report = heartbeat.report, .seen = clock_()};
  HOLDFAST_TRY(const SoldPlan sold, FindSoldPlan(store_, reporter.license));
  answered.policy = sold.plan.policies.clone;
  HOLDFAST_TRY(const auto known,
               store_.FindHeartbeat(reporter.license.id, ToBytes(ByteView(heartbeat.report.id))));
  if (known) return AsRecorded(store_, std::move(answered), *known);
  HOLDFAST_CHECK(CheckInForce(reporter));
  HOLDFAST_TRY(answered.lineage, LineageOf(reporter, heartbeat.report, answered.seen));
  answered.notes = NotesOf(answered.lineage);
  answered.notes.insert(answered.notes.end(), appraised.notes.begin(), appraised.notes.end());
  HOLDFAST_CHECK(MeetFork(actor, answered, reporter, options.dry_run));

  HOLDFAST_TRY(const SignerStatus status, AskSigner());
  HOLDFAST_TRY(answered.activation,
               Refresh(actor, reporter, answered, appraised.clock, status, options.dry_run));
  HOLDFAST_TRY(answered.terms, ParseTerms(answered.activation.terms));
  answered.expired = IsOver(answered.terms, answered.seen);
  answered.renewed = answered.activation.serial != heartbeat.report.report.serial;
  if (options.dry_run) return answered;
  HOLDFAST_TRY(const Bytes answer_id, SignAnswer(actor, answered, status, options));
  HOLDFAST_TRY(
      const RecordedHeartbeat recorded,
      store_.RecordHeartbeat({answered.seen, actor}, {RecordOf(answered, answer_id, appraised.counter),
                                                      AsJudged(answered.license, reporter.past.size())}));
  if (recorded.repeated) return AsRecorded(store_, std::move(answered), recorded.record);
  return answered;
}

// What the plan says of two hosts with one TPM state. The second is refused, or ends both.
Status Licensing::MeetFork(const std::string& actor, AnsweredHeartbeat& answered, const Reporter& reporter,
                           bool dry_run) {
  const Lineage& lineage = answered.lineage;
  if (!lineage.fork && !lineage.set_back) return {};
  answered.other = reporter.past[lineage.fork ? *lineage.fork : *lineage.set_back];
  const bool deny = answered.policy == ClonePolicy::kDeny,
             suspend = answered.policy == ClonePolicy::kSuspend &&
                       reporter.license.status == LicenseStatus::kActive;
  answered.suspended = suspend;
  if ((deny || suspend) && !dry_run) {
    HOLDFAST_TRY(answered.license, store_.RecordFork({answered.seen, actor},
                                                     {.license = reporter.license.id,
                                                      .ek_name = reporter.named.ek_name,
                                                      .report_id = ToBytes(ByteView(answered.report.id)),
                                                      .other_report_id = answered.other->report_id,
                                                      .host = HostNameOf(answered.report.report),
                                                      .other_host = answered.other->host,
                                                      .suspend = suspend}));
  } else if (suspend) {
    answered.license.status = LicenseStatus::kSuspended;
    answered.license.status_since = answered.seen;
  }
  if (!deny) return {};
  return Fail(
      ErrorKind::kDenied, lineage.fork ? "heartbeat.fork" : "heartbeat.set_back",
      "two hosts have one TPM state: " + DescribeFork(*answered.other, answered.report.report, answered.seen),
      "ask the customer which of them is the copy, and have that one activated on a TPM of its own");
}

Result<Bytes> Licensing::SignAnswer(const std::string& actor, AnsweredHeartbeat& answered,
                                    const SignerStatus& status, const HeartbeatOptions& options) {
  HOLDFAST_TRY(const std::string file, PackFile(actor, answered.activation, status));
  HOLDFAST_CHECK(CheckStanding(file, answered.activation, answered.license.status, settings_.roots));
  HOLDFAST_TRY(const AuditHead checkpoint, SignerAuditHeadOf(status));
  HOLDFAST_TRY(const IssuerInfo issuer, CurrentIssuer(status, answered.activation.line));
  const HeartbeatReport& report = answered.report.report;
  answered.answer = {.vendor = settings_.vendor,
                     .product = report.product,
                     .license = report.license,
                     .report = answered.report.id,
                     .sequence = report.sequence,
                     .time = answered.seen,
                     .notices = NoticesFor(answered.license, options),
                     .checkpoint = FormatAuditHead(checkpoint)};
  HOLDFAST_TRY(auto made, SignHeartbeatAnswer(signer_, issuer, answered.answer, file, settings_.roots));
  answered.answer = std::move(made.content);
  answered.file = std::move(made.file);
  return made.id;
}

}  // namespace holdfast
