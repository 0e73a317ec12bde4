#include "agent/ledger/conversation.h"

#include <algorithm>
#include <map>

namespace holdfast {
namespace {

ConversationRecord* Find(LedgerContent& content, const LicenseId& license) {
  const auto found =
      std::find_if(content.heartbeats.begin(), content.heartbeats.end(),
                   [&](const ConversationRecord& record) { return IsSameLicense(record.id, license); });
  return found == content.heartbeats.end() ? nullptr : &*found;
}

const LicenseId& IdIn(const PastUsage& record) {
  return record.meter.id;
}
const LicenseId& IdIn(const ConversationRecord& record) {
  return record.id;
}

// For one more record of that license. On a tie it is the root of the new one that has most.
template <class Record>
void MakeRoom(std::vector<Record>& all, size_t most_records, const LicenseId& license) {
  if (all.size() < most_records) return;
  std::map<std::optional<Sha256Digest>, size_t> of_root;
  for (const Record& record : all) of_root[IdIn(record).root]++;
  const auto own = of_root.find(license.root);
  if (own != of_root.end()) own->second++;
  const auto most = std::max_element(of_root.begin(), of_root.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  all.erase(std::find_if(all.begin(), all.end(),
                         [&](const Record& record) { return IdIn(record).root == most->first; }));
}

ReportedUsage* Find(std::vector<ReportedUsage>& usage, const ReportedUsage& of) {
  const auto found = std::find_if(usage.begin(), usage.end(), [&](const ReportedUsage& one) {
    return one.limit == of.limit && one.period == of.period && one.since == of.since;
  });
  return found == usage.end() ? nullptr : &*found;
}

// By the vendor's time: a period that has not ended may begin again, when time is taken back.
bool IsOver(const MeterRecord& meter, Time now) {
  return meter.period == MeterPeriod::kNever || PeriodBegin(meter.period, now) > meter.since;
}

ReportedUsage Reported(const MeterRecord& meter, int64_t units) {
  return {meter.limit, meter.period, meter.since, units};
}

int64_t UnitsOf(const MeterRecord& meter, const std::vector<MeterRecord>& used) {
  for (const MeterRecord& exact : used)
    if (IsSameMeter(exact, meter) && exact.since == meter.since) return exact.units;
  return meter.units;
}

// The number of the report at `place` of those that are not answered; the last one's is the sequence.
int64_t NumberOf(const ConversationRecord& record, std::ptrdiff_t place) {
  return record.sequence - (std::ssize(record.unanswered) - 1 - place);
}

}  // namespace

ConversationRecord ConversationOf(const LedgerContent& content, const LicenseId& license) {
  for (const ConversationRecord& record : content.heartbeats)
    if (IsSameLicense(record.id, license)) return record;
  return {.id = license};
}

std::vector<ReportedUsage> UsageOf(const LedgerContent& content, const LicenseId& license,
                                   const std::vector<MeterRecord>& used) {
  std::vector<ReportedUsage> usage;
  for (const PastUsage& past : content.past)
    if (IsSameLicense(past.meter.id, license)) usage.push_back(Reported(past.meter, past.meter.units));
  for (const MeterRecord& meter : content.meters) {
    if (!IsSameLicense(meter.id, license)) continue;
    const ReportedUsage present = Reported(meter, UnitsOf(meter, used));
    // One that began again goes on with what was used in it.
    if (ReportedUsage* before = Find(usage, present)) {
      before->units = std::max(before->units, present.units);
    } else {
      usage.push_back(present);
    }
  }
  return usage;
}

void KeepPast(LedgerContent& content, const MeterRecord& ended) {
  if (ended.units == 0) return;
  for (PastUsage& past : content.past) {
    if (!IsSameMeter(past.meter, ended) || past.meter.since != ended.since) continue;
    if (ended.units <= past.meter.units) return;
    past.meter.units = ended.units;
    past.reported = 0;
    return;
  }
  MakeRoom(content.past, kMaxPastUsage, ended.id);
  content.past.push_back({ended, 0});
}

void NoteReport(LedgerContent& content, const LicenseId& license, const Sha256Digest& report) {
  ConversationRecord record = ConversationOf(content, license);
  std::erase_if(content.heartbeats,
                [&](const ConversationRecord& each) { return IsSameLicense(each.id, license); });
  MakeRoom(content.heartbeats, kMaxConversations, license);
  record.sequence++;
  record.unanswered.push_back(report);
  if (record.unanswered.size() > kMaxUnanswered) record.unanswered.erase(record.unanswered.begin());
  for (PastUsage& past : content.past)
    if (past.reported == 0 && IsSameLicense(past.meter.id, license)) past.reported = record.sequence;
  content.heartbeats.push_back(std::move(record));
}

Status CheckWaitsFor(const LedgerContent& content, const LicenseId& license, const Sha256Digest& report) {
  const ConversationRecord record = ConversationOf(content, license);
  if (std::find(record.unanswered.begin(), record.unanswered.end(), report) != record.unanswered.end())
    return {};
  return Refused(
      "heartbeat_answer.report",
      "this host does not wait for this answer: a newer one was applied already, or the report was made on "
      "another host",
      "apply the answer to the newest report, or make a new one with holdfast heartbeat");
}

Status NoteAnswer(LedgerContent& content, const LicenseId& license, const AppliedAnswer& answer) {
  HOLDFAST_CHECK(CheckWaitsFor(content, license, answer.report));
  ConversationRecord& record = *Find(content, license);
  const auto found = std::find(record.unanswered.begin(), record.unanswered.end(), answer.report);
  const int64_t acknowledged = NumberOf(record, found - record.unanswered.begin());
  std::erase_if(content.past, [&](const PastUsage& past) {
    return IsSameLicense(past.meter.id, license) && past.reported > 0 && past.reported <= acknowledged &&
           IsOver(past.meter, answer.time);
  });
  record.unanswered.erase(record.unanswered.begin(), found + 1);
  record.answer = answer.id;
  record.contact = answer.time;
  return {};
}

}  // namespace holdfast
