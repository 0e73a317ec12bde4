// What the reports of one license on one host say of each other (docs/heartbeat.md, decisions/0097). Pure; the store keeps the reports.
//
// Reports form a chain: each names the answer that its host applied last, and the reports that were made since. Two of which neither
// continues the other were made by two copies of one state: a fork, the mark of a clone, or of a state that was set back. A gap is harmless:
// what a report did not bring the next one does. All of this is told by the license key and the TPM's counter; whoever holds two copies of a
// TPM and lets them talk can make them one chain, whose counter then goes back (set_back).
#pragma once

#include <span>

#include "protocol/heartbeat_report.h"

namespace holdfast {

// A report that was recorded.
struct PastReport {
  HeartbeatReport report;
  Sha256Digest id{};      // HeartbeatId
  Sha256Digest answer{};  // HeartbeatId of the answer that it got
  Time seen;
  // Made with a license key that a newer request of the host has replaced. No state that it was made from reports any more.
  bool ended = false;
};

// As many of a host's reports are judged, the newest: what one more costs at the vendor has a bound, whatever was sent before.
inline constexpr size_t kJudgedReports = 500;

struct Lineage {
  std::optional<size_t> repeated;  // the same report, as recorded
  std::optional<size_t> fork;      // the newest that is no part of this one's chain, if that is news
  std::optional<size_t>
      set_back;  // part of the chain, and the counter does not stand as the order of the two wants
  std::vector<Sha256Digest> unseen;  // named by the report, and never arrived: a gap
  bool late = false;                 // a newer one of its chain was recorded before it, or so it seems
  bool reset = false;                // its ledger was made anew since all that were recorded
  bool restored = false;             // it knows nothing of some that ended: an older state was activated anew
  bool unknown_answer = false;       // it names an answer that is not on record here
  bool disturbed = false;            // the ledger was disturbed since: its mark of that rose
  std::vector<ReportedUsage> shrunk;     // as reported before; now it is less
  std::vector<ReportedUsage> forgotten;  // as reported before; not acknowledged, and not in this one
};

// `past`: the newest of the same license and host, in the order in which they were recorded. `older_answers`: those to the ones before.
//
// A report's ancestors are those that it names in `unanswered`, the one that its `answer` answers, and the ancestors of these. Also counted: when
// `unanswered` is full, those whose sequence is below its window and that know no newer answer; those that were attested below the birth of
// its ledger, which was made anew since, unless they know an answer that was given later. Of class host no counter tells: there a report that
// knows no answer has all for ancestors that were recorded before the oldest report that it knows of was heard of, or made before that
// by the host's clock. When its answer is not on record, since the store was restored, all of its ledger with a lower sequence.
//
// One of two halves whose license key was replaced by a newer request has ended, so that is no fork: it is how a host goes on whose state was
// restored from a backup. What knows no answer to one of `past`, when there are older ones, may be a report from before all of these: it is late.
//
// A fork is news once: not when the other report was recorded by `settled`, when the vendor looked into it, nor when a later one of this
// report's chain was met by it already. So is what was restored.
Lineage JudgeLineage(std::span<const PastReport> past, const PastReport& now, Time settled,
                     std::span<const Sha256Digest> older_answers = {});

}  // namespace holdfast
