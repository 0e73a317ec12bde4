#include "signer/server/licensing/reporter.h"

#include <algorithm>
#include <tuple>

#include "protocol/display_text.h"
#include "protocol/meter_usage.h"

namespace holdfast {
namespace {

Sha256Digest DigestOf(const Bytes& octets) {
  Sha256Digest digest{};
  std::copy_n(octets.begin(), std::min(octets.size(), digest.size()), digest.begin());
  return digest;
}

// With the same key: a renewal has it, another request has not.
std::vector<ActivationRecord> OfKey(const ActivationRecord& named, std::vector<ActivationRecord> all) {
  std::erase_if(all, [&](const ActivationRecord& each) {
    return each.certificate.empty() || each.ek_name != named.ek_name ||
           each.license_key_name != named.license_key_name;
  });
  return all;
}

std::optional<ActivationRecord> InForce(const std::vector<ActivationRecord>& of_key) {
  for (auto each = of_key.rbegin(); each != of_key.rend(); ++each)
    if (each->state == ActivationState::kIssued) return *each;
  return {};
}

bool IsOneOf(const std::vector<ActivationRecord>& activations, const std::string& id) {
  return std::ranges::find(activations, id, &ActivationRecord::id) != activations.end();
}

Result<PastReport> Read(const HeartbeatRecord& record, const Reporter& reporter) {
  auto parsed = ParseHeartbeatReport(record.report);
  if (!parsed)
    return Malformed("store.corrupt", "a recorded heartbeat cannot be read: " + parsed.error().message,
                     "restore the store from a backup");
  return PastReport{std::move(parsed->report), parsed->id, DigestOf(record.answer_id), record.seen,
                    !IsOneOf(reporter.of_key, record.activation)};
}

std::string Named(const std::string& host) {
  return host.empty() ? "a host that shares no name" : "host \"" + Quotable(host) + "\"";
}

std::string At(const std::string& counter, Time seen) {
  return FormatTime(seen) + (counter == "0" ? "" : " with its counter at " + counter);
}

std::optional<HeartbeatExpectation::Meter> MeterOf(const LicenseTerms& terms) {
  const auto hard = FindHardLimit(terms.grants, terms.fallback, "terms");
  if (!terms.meter || !hard || !*hard) return {};
  return HeartbeatExpectation::Meter{(*hard)->name, *terms.meter,
                                     UsedBefore(terms.used, (*hard)->name, MeterPeriod::kNever, Time{})};
}

// A TPM in hardware has no copy, and the license key is in it: both were made on one machine. Its counter says which came later, and the ledger of that one
// that it was disturbed after the other: the machine's state was put back, and grants nothing until the license is activated anew. Of a virtual TPM a
// copy would say the same.
bool IsStatePutBack(const Reporter& reporter, const ReportedLedger& a, const ReportedLedger& b) {
  const bool believed =
      reporter.terms.assurance == AssuranceClass::kHwTpm && reporter.terms.policies.rollback == Policy::kDeny;
  const auto& [older, newer] = a.stamp < b.stamp ? std::tie(a, b) : std::tie(b, a);
  return believed && newer.disturbed > older.stamp;
}

}  // namespace

Result<Reporter> FindReporter(Store& store, const HeartbeatReport& report) {
  Reporter reporter;
  auto found = store.FindActivationBySerial(report.serial);
  if (!found && found.error().kind != ErrorKind::kNotFound) return tl::unexpected(found.error());
  if (!found || found->certificate.empty())
    return Fail(ErrorKind::kNotFound, "heartbeat.activation",
                "no license with serial number " + HexEncode(report.serial) + " was issued here",
                "check the directory, and that the store was not restored from before the activation");
  reporter.named = std::move(*found);
  HOLDFAST_TRY(reporter.license, store.GetLicense(reporter.named.license));
  HOLDFAST_TRY(reporter.terms, ParseTerms(reporter.named.terms));
  HOLDFAST_TRY(auto activations, store.ListActivations(reporter.license.id));
  reporter.of_key = OfKey(reporter.named, std::move(activations));
  reporter.current = InForce(reporter.of_key);
  HOLDFAST_TRY(const auto returns, store.ListReturns(reporter.license.id));
  reporter.returned = std::ranges::any_of(
      returns, [&](const ReturnRecord& record) { return IsOneOf(reporter.of_key, record.activation); });
  HOLDFAST_TRY(reporter.past, store.ListHeartbeats(reporter.license.id));
  std::erase_if(reporter.past,
                [&](const HeartbeatRecord& record) { return record.ek_name != reporter.named.ek_name; });
  return reporter;
}

HeartbeatExpectation ExpectationOf(const Reporter& reporter, const std::string& vendor) {
  return {.vendor = vendor,
          .product = reporter.license.product,
          .license = reporter.license.id,
          .certificate = reporter.named.certificate,
          .assurance = reporter.terms.assurance,
          .ek_name = reporter.named.ek_name,
          .ak_public = reporter.named.ak_public,
          .ledger = reporter.terms.ledger,
          .meter = MeterOf(reporter.terms)};
}

Status CheckInForce(const Reporter& reporter) {
  if (reporter.current && !reporter.returned) return {};
  const auto refuse = [&](std::string_view check, const std::string& why, std::string advice) {
    return Fail(ErrorKind::kConflict, check, "the license that reports " + why, std::move(advice));
  };
  const ActivationState state = reporter.of_key.back().state;
  if (reporter.returned || state == ActivationState::kReturned)
    return refuse("heartbeat.returned", "was returned", "make a new request on the host");
  if (state == ActivationState::kRevoked)
    return refuse("heartbeat.released", "gave its place to another host: its activation was released",
                  "make a new request on the host");
  return refuse("heartbeat.superseded", "was replaced by that of a newer request from the same host",
                "install the answer to that request on the host");
}

Result<Lineage> LineageOf(const Reporter& reporter, const SignedHeartbeatReport& report, Time now) {
  const size_t older = reporter.past.size() - std::min(reporter.past.size(), kJudgedReports);
  std::vector<Sha256Digest> older_answers;
  std::vector<PastReport> past;
  for (const HeartbeatRecord& record : reporter.past) {
    if (older_answers.size() < older) {
      older_answers.push_back(DigestOf(record.answer_id));
      continue;
    }
    HOLDFAST_TRY(PastReport read, Read(record, reporter));
    past.push_back(std::move(read));
  }
  // Whoever reactivated the license has looked into what was known then.
  const LicenseRecord& license = reporter.license;
  const bool looked = license.status == LicenseStatus::kActive && license.status_since != license.created;
  Lineage lineage = JudgeLineage(past, {report.report, report.id, {}, now},
                                 looked ? license.status_since : Time{}, older_answers);
  if (lineage.fork && IsStatePutBack(reporter, past[*lineage.fork].report.ledger, report.report.ledger)) {
    lineage.restored = true;
    lineage.fork.reset();
  }
  for (std::optional<size_t>* index : {&lineage.repeated, &lineage.fork, &lineage.set_back})
    if (*index) **index += older;
  return lineage;
}

std::vector<std::string> NotesOf(const Lineage& lineage) {
  std::vector<std::string> notes;
  const auto add = [&](bool found, const char* name) {
    if (found) notes.emplace_back(name);
  };
  add(lineage.fork.has_value(), "heartbeat.fork");
  add(lineage.set_back.has_value(), "heartbeat.set_back");
  add(!lineage.unseen.empty(), "heartbeat.gap");
  add(lineage.late, "heartbeat.late");
  add(lineage.reset, "heartbeat.reset");
  add(lineage.restored, "heartbeat.restored");
  add(lineage.unknown_answer, "heartbeat.unknown_answer");
  add(lineage.disturbed, "heartbeat.disturbed");
  add(!lineage.shrunk.empty(), "heartbeat.usage_shrank");
  add(!lineage.forgotten.empty(), "heartbeat.usage_forgotten");
  return notes;
}

std::string DescribeFork(const HeartbeatRecord& other, const HeartbeatReport& now, Time seen) {
  const std::string counter = now.by_tpm ? std::to_string(now.ledger.stamp) : "0";
  return Named(other.host) + " reported number " + std::to_string(other.report_sequence) + " at " +
         At(std::to_string(other.counter), other.seen) + ", and this is number " +
         std::to_string(now.sequence) + " of " + Named(HostNameOf(now)) + ", at " + At(counter, seen);
}

std::string HostNameOf(const HeartbeatReport& report) {
  const auto name = report.host.find("hostname");
  return name == report.host.end() ? "" : name->second;
}

}  // namespace holdfast
