#include "signer/server/verifier/heartbeat_lineage.h"

#include <algorithm>
#include <set>

namespace holdfast {
namespace {

using Members = std::vector<bool>;  // by index

// All reports, `now` last, and which of them names which as its parent.
class Family {
 public:
  Family(std::span<const PastReport> past, const PastReport& now, std::span<const Sha256Digest> older_answers)
      : past_(past), now_(now), older_answers_(older_answers.begin(), older_answers.end()) {
    for (size_t i = 0; i < past.size(); i++) {
      by_id_[past[i].id] = i;
      by_answer_[past[i].answer] = i;
    }
    by_id_[now.id] = past.size();
    parents_.resize(size());
    children_.resize(size());
    for (size_t i = 0; i < size(); i++) {
      Mention(at(i).id, i);
      for (const Sha256Digest& id : report(i).unanswered) Mention(id, i);
    }
    for (size_t i = 0; i < size(); i++) FindParents(i);
  }
  size_t size() const { return past_.size() + 1; }
  size_t last() const { return past_.size(); }
  const PastReport& at(size_t i) const { return i == last() ? now_ : past_[i]; }
  const HeartbeatReport& report(size_t i) const { return at(i).report; }

  Members AncestorsOf(size_t i) const { return Reach(i, parents_); }
  Members DescendantsOf(size_t i) const { return Reach(i, children_); }
  bool KnowsAnswer(size_t i) const {
    const auto& answer = report(i).answer;
    return !answer || by_answer_.contains(*answer) || older_answers_.contains(*answer);
  }
  // May reports that it continues, or that continue it, be older than all that are judged?
  bool ReachesBack(size_t i) const {
    const auto& answer = report(i).answer;
    return !older_answers_.empty() && (!answer || older_answers_.contains(*answer));
  }
  std::optional<size_t> Answered(size_t i) const {
    if (!report(i).answer) return {};
    const auto found = by_answer_.find(*report(i).answer);
    return found == by_answer_.end() ? std::nullopt : std::optional<size_t>(found->second);
  }
  bool Knows(const Sha256Digest& id) const { return by_id_.contains(id); }
  // Of the oldest report that a host knows of which has had no answer: nothing before it is known to the host.
  size_t FirstMention(size_t i) const { return MentionOfOldest(i).index; }

 private:
  using Edges = std::vector<std::vector<size_t>>;

  struct FirstSeen {
    size_t index;
    Time created;  // the earliest of those that name it, and its own
  };
  void Mention(const Sha256Digest& id, size_t i) {
    const auto [seen, added] = mentions_.emplace(id, FirstSeen{i, report(i).created});
    if (!added) seen->second.created = std::min(seen->second.created, report(i).created);
  }
  const FirstSeen& MentionOfOldest(size_t i) const {
    return mentions_.at(report(i).unanswered.empty() ? at(i).id : report(i).unanswered.front());
  }
  void Link(size_t child, size_t parent) {
    if (child == parent) return;
    parents_[child].push_back(parent);
    children_[parent].push_back(child);
  }
  void FindParents(size_t i) {
    for (const Sha256Digest& id : report(i).unanswered)
      if (const auto found = by_id_.find(id); found != by_id_.end()) Link(i, found->second);
    if (const auto answered = Answered(i)) Link(i, *answered);
    for (size_t other = 0; other < size(); other++)
      if (IsImplied(other, i)) Link(i, other);
  }
  // Is `parent` an ancestor of `child` although nothing names it?
  bool IsImplied(size_t parent, size_t child) const {
    const HeartbeatReport& older = report(parent);
    const HeartbeatReport& newer = report(child);
    if (!newer.by_tpm && !newer.answer) {
      const FirstSeen& oldest = MentionOfOldest(child);
      return parent < oldest.index || older.created < oldest.created;  // a claim: it only excuses late ones
    }
    if (newer.by_tpm && older.ledger.stamp < newer.ledger.birth) return !WasAnsweredSince(parent, child);
    if (older.ledger.birth != newer.ledger.birth) return false;
    if (!KnowsAnswer(child)) return older.sequence < newer.sequence;
    return newer.unanswered.size() == kMaxUnanswered &&
           older.sequence < newer.sequence - static_cast<int64_t>(kMaxUnanswered) &&
           AnsweredSequence(parent) <= AnsweredSequence(child);
  }
  // A host that knows an answer to what came after `child` is not the one whose ledger `child` says is gone.
  bool WasAnsweredSince(size_t parent, size_t child) const {
    const auto answered = Answered(parent);
    return answered && *answered > child;
  }
  // Answers are applied in order.
  int64_t AnsweredSequence(size_t i) const {
    const auto answered = Answered(i);
    return answered ? report(*answered).sequence : 0;
  }
  Members Reach(size_t from, const Edges& edges) const {
    Members reached(size());
    std::vector<size_t> open{from};
    while (!open.empty()) {
      const size_t i = open.back();
      open.pop_back();
      for (const size_t next : edges[i])
        if (!reached[next]) reached[next] = true, open.push_back(next);
    }
    reached[from] = false;
    return reached;
  }

  std::span<const PastReport> past_;
  const PastReport& now_;
  std::set<Sha256Digest> older_answers_;
  std::map<Sha256Digest, size_t> by_id_, by_answer_;
  std::map<Sha256Digest, FirstSeen> mentions_;
  Edges parents_, children_;
};

Members Union(Members a, const Members& b) {
  for (size_t i = 0; i < a.size(); i++) a[i] = a[i] || b[i];
  return a;
}

// Was a later report of the same chain met by `other` already? One that reached back was taken for a late one.
bool IsKnownFork(const Family& family, const Members& chain, size_t other) {
  const Members others = Union(family.AncestorsOf(other), family.DescendantsOf(other));
  for (size_t i = other + 1; i < family.last(); i++)
    if (chain[i] && !others[i] && !family.ReachesBack(i)) return true;
  return false;
}

bool IsApart(const Family& family, const Members& chain, Time settled, size_t i) {
  return !chain[i] && !family.ReachesBack(i) && family.at(i).seen > settled && !IsKnownFork(family, chain, i);
}

// The newest that is no part of the chain, of those whose half can go on, or of those whose half has ended.
std::optional<size_t> FindFork(const Family& family, const Members& chain, Time settled, bool ended) {
  for (size_t i = family.last(); i-- > 0;)
    if (family.at(i).ended == ended && IsApart(family, chain, settled, i)) return i;
  return {};
}

bool SameLedger(const HeartbeatReport& a, const HeartbeatReport& b) {
  return a.ledger.birth == b.ledger.birth;
}

// A counter only grows, and each report is stamped anew.
std::optional<size_t> FindSetBack(const Family& family, const Members& ancestors,
                                  const Members& descendants) {
  const HeartbeatReport& now = family.report(family.last());
  if (!now.by_tpm) return {};
  for (size_t i = family.last(); i-- > 0;) {
    const HeartbeatReport& other = family.report(i);
    if (!SameLedger(other, now)) continue;
    if (ancestors[i] && other.ledger.stamp >= now.ledger.stamp) return i;
    // The half of a key that was replaced seems to descend by its number, where the host was restored and goes on with a lower one.
    if (descendants[i] && !family.at(i).ended && other.ledger.stamp <= now.ledger.stamp) return i;
  }
  return {};
}

bool WasReset(const Family& family, std::span<const PastReport> past) {
  const HeartbeatReport& now = family.report(family.last());
  if (past.empty()) return false;
  if (!now.by_tpm) return !now.answer && family.FirstMention(family.last()) == family.last();
  return std::ranges::all_of(
      past, [&](const PastReport& each) { return each.report.ledger.stamp < now.ledger.birth; });
}

const ReportedUsage* Find(const std::vector<ReportedUsage>& usages, const ReportedUsage& of) {
  const auto found = std::ranges::find_if(usages, [&](const ReportedUsage& each) {
    return each.limit == of.limit && each.period == of.period && each.since == of.since;
  });
  return found == usages.end() ? nullptr : &*found;
}

void Add(std::vector<ReportedUsage>& list, const ReportedUsage& usage) {
  if (!Find(list, usage)) list.push_back(usage);
}

// Usage is cumulative within a period, and stays in the reports until an answer that was applied acknowledges it.
void CompareUsage(const Family& family, const Members& ancestors, Lineage& lineage) {
  const HeartbeatReport& now = family.report(family.last());
  const auto answered = family.Answered(family.last());
  Members acknowledged(family.size());
  if (answered) {
    acknowledged = family.AncestorsOf(*answered);
    acknowledged[*answered] = true;
  }
  for (size_t i = family.last(); i-- > 0;) {
    if (!ancestors[i] || !SameLedger(family.report(i), now)) continue;
    for (const ReportedUsage& before : family.report(i).usage) {
      const ReportedUsage* after = Find(now.usage, before);
      if (after && after->units < before.units) Add(lineage.shrunk, before);
      if (!after && !acknowledged[i] && family.KnowsAnswer(family.last())) Add(lineage.forgotten, before);
    }
  }
}

bool WasDisturbed(const Family& family, const Members& ancestors) {
  const HeartbeatReport& now = family.report(family.last());
  int64_t before = 0;
  for (size_t i = 0; i < family.last(); i++)
    if (ancestors[i] && SameLedger(family.report(i), now))
      before = std::max(before, family.report(i).ledger.disturbed);
  return now.ledger.disturbed > before;
}

}  // namespace

Lineage JudgeLineage(std::span<const PastReport> past, const PastReport& now, Time settled,
                     std::span<const Sha256Digest> older_answers) {
  Lineage lineage;
  for (size_t i = 0; i < past.size(); i++)
    if (past[i].id == now.id) lineage.repeated = i;
  if (lineage.repeated) return lineage;
  const Family family(past, now, older_answers);
  const Members ancestors = family.AncestorsOf(family.last()),
                descendants = family.DescendantsOf(family.last());
  const Members chain = Union(ancestors, descendants);
  lineage.fork = FindFork(family, chain, settled, false);
  lineage.restored = FindFork(family, chain, settled, true).has_value();
  lineage.set_back = FindSetBack(family, ancestors, descendants);
  for (const Sha256Digest& id : now.report.unanswered)
    if (!family.Knows(id)) lineage.unseen.push_back(id);
  lineage.late = std::ranges::find(descendants, true) != descendants.end();
  if (family.ReachesBack(family.last())) {
    lineage.late = lineage.late || lineage.fork;
    lineage.fork.reset();
    lineage.restored = false;
  }
  lineage.reset = WasReset(family, past);
  lineage.unknown_answer = !family.KnowsAnswer(family.last());
  lineage.disturbed = WasDisturbed(family, ancestors);
  CompareUsage(family, ancestors, lineage);
  return lineage;
}

}  // namespace holdfast
