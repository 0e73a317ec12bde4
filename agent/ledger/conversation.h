// How the ledger remembers what was said between this host and the vendor of a license, and what usage the vendor does not know yet
// (docs/heartbeat.md). Pure: the books commit.
//
// What is remembered is bounded. Of too many records the oldest gives way, of those of the root that has most: so licenses of a root of the customer's own
// push out each other's, and no more than what they have in excess (docs/decisions/0112).
#pragma once

#include "agent/ledger/ledger_content.h"
#include "agent/tpm/tpm.h"

namespace holdfast {

// What a report is made of.
struct ReportBasis {
  ConversationRecord conversation;
  std::vector<ReportedUsage> usage;  // not acknowledged yet, oldest first
  ReportedLedger ledger;
  int vouchers_used = 0;
  std::optional<LedgerCounter> counter;  // absent: the ledger is kept without a TPM
};

struct AppliedAnswer {
  Sha256Digest report{}, id{};  // which report it answers; HeartbeatId of itself
  Time time;                    // when the vendor made it
};

// None yet: one of nothing.
ConversationRecord ConversationOf(const LedgerContent& content, const LicenseId& license);
// `used`: what was really used of the meters, where that is known; a batch that was taken is not used up yet.
std::vector<ReportedUsage> UsageOf(const LedgerContent& content, const LicenseId& license,
                                   const std::vector<MeterRecord>& used);

// A period of a meter is over, or time was taken back from it. One that began again has all that was used in it. One of too many gives way: a site that never reports keeps no books for ever.
void KeepPast(LedgerContent& content, const MeterRecord& ended);

// The report is the conversation's next. Of too many conversations one gives way in which nothing was reported for longest.
void NoteReport(LedgerContent& content, const LicenseId& license, const Sha256Digest& report);
// Check: heartbeat_answer.report (kRefused: no answer to that report is waited for).
Status CheckWaitsFor(const LedgerContent& content, const LicenseId& license, const Sha256Digest& report);
// The vendor has what the report told, and all before it. What was used in a period that is not over by his time stays on record: it may begin again. Check: that of CheckWaitsFor.
Status NoteAnswer(LedgerContent& content, const LicenseId& license, const AppliedAnswer& answer);

}  // namespace holdfast
