#include "agent/enforcement/meter.h"

#include <algorithm>

#include "agent/time/repaired_time.h"

namespace holdfast {
namespace {

constexpr Seconds kLongLasting = 10 * kBatchSpan;
constexpr int64_t kSmallestShare = 16;

}  // namespace

bool IsSameMeter(const MeterRecord& a, const MeterRecord& b) {
  return IsSameLicense(a.id, b.id) && a.limit == b.limit && a.period == b.period;
}

// Units of a period that begins within kOnTheWay are not given anew when it begins for the second time.
bool IsTakenBack(const MeterRecord& record, Time floor) {
  return record.since > floor + kOnTheWay;
}

MeterRecord InPeriod(MeterRecord record, Time floor) {
  const Time begin = PeriodBegin(record.period, floor);
  if (begin > record.since || IsTakenBack(record, floor)) {
    record.since = begin;
    record.units = 0;
  }
  return record;
}

Decision DecideMeter(const LicenseView& view, const Situation& situation, std::string_view limit,
                     int64_t used, int64_t amount) {
  Decision decision = DecideLimit(view, situation, limit, used, amount);
  // In a repair's emergency period too: this ledger does not know what was used on the hardware that is gone.
  const bool rolled_back = view.ledger == LedgerStanding::kRolledBack;
  if (!rolled_back && view.hardware == HardwareProof::kProven) return decision;
  decision.allowed = false;
  if (rolled_back) decision.reasons.push_back(Reason::kStateRollback);
  SortBySeriousness(decision.reasons);
  return Advised(view, std::move(decision));
}

Decision DecideHardMeter(const LicenseView& view, const Situation& situation, std::string_view limit,
                         int64_t used, int64_t amount) {
  Decision decision = DecideLimit(view, situation, limit, used, amount);
  if (view.hardware != HardwareProof::kProven) decision.allowed = false;
  if (view.hard_count.lost) {
    decision.allowed = false;
    decision.used.reset();
    decision.reasons.push_back(Reason::kStateRollback);
    SortBySeriousness(decision.reasons);
  }
  return decision;
}

int64_t CountedByLedger(const LicenseView& license, const std::vector<MeterRecord>& records) {
  if (!license.verified || !license.verified->terms.meter) return 0;
  const LicenseTerms& terms = license.verified->terms;
  const auto limit = FindHardLimit(terms.grants, terms.fallback, "terms");
  if (!limit || !*limit) return 0;
  const MeterRecord meter{.id = IdOf(*license.verified), .limit = (*limit)->name};
  int64_t units = 0;
  for (const MeterRecord& record : records)
    if (IsSameMeter(record, meter)) units = std::max(units, record.units);
  const int64_t before = UsedBefore(terms.used, meter.limit, meter.period, Time{});
  return std::max<int64_t>(std::min(units, kMaxNumber) - before, 0);
}

int64_t NextBatchSize(int64_t last, Seconds lasted, const Limit& limit) {
  const int64_t most = std::max<int64_t>(limit.max / kSmallestShare, 1);
  if (last <= 0) return 1;
  if (lasted < kBatchSpan) return last > most / 2 ? most : last * 2;
  if (lasted > kLongLasting) return std::max<int64_t>(last / 2, 1);
  return std::min(last, most);
}

}  // namespace holdfast
