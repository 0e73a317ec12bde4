#include "agent/enforcement/meter.h"

#include <algorithm>

#include "agent/time/repaired_time.h"

namespace holdfast {
namespace {

using std::chrono::floor, std::chrono::year_month_day;

constexpr Seconds kLongLasting = 10 * kBatchSpan;
constexpr int64_t kSmallestShare = 16;

std::chrono::year_month FirstMonth(MeterPeriod period, Time time) {
  const year_month_day day{floor<std::chrono::days>(time)};
  return day.year() / (period == MeterPeriod::kYear ? std::chrono::January : day.month());
}

Time BeginOf(std::chrono::year_month month) {
  return Time(std::chrono::sys_days(month / 1));
}

}  // namespace

bool IsSameMeter(const MeterRecord& a, const MeterRecord& b) {
  return a.product == b.product && a.license == b.license && a.limit == b.limit && a.period == b.period;
}

Time PeriodBegin(MeterPeriod period, Time time) {
  return period == MeterPeriod::kNever ? Time{} : BeginOf(FirstMonth(period, time));
}

std::optional<Time> PeriodEnd(MeterPeriod period, Time time) {
  if (period == MeterPeriod::kNever) return {};
  return BeginOf(FirstMonth(period, time) + std::chrono::months(period == MeterPeriod::kYear ? 12 : 1));
}

// Units of a period that begins within kOnTheWay are not given anew when it begins for the second time.
bool IsTakenBack(const MeterRecord& record, Time floor) {
  return record.since > floor + kOnTheWay;
}

MeterRecord InPeriod(MeterRecord record, Time floor) {
  const Time begin = PeriodBegin(record.period, floor);
  if (begin > record.since) {
    record.since = begin;
    record.units = 0;
  } else if (IsTakenBack(record, floor)) {
    record.since = begin;
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

int64_t NextBatchSize(int64_t last, Seconds lasted, const Limit& limit) {
  const int64_t most = std::max<int64_t>(limit.max / kSmallestShare, 1);
  if (last <= 0) return 1;
  if (lasted < kBatchSpan) return last > most / 2 ? most : last * 2;
  if (lasted > kLongLasting) return std::max<int64_t>(last / 2, 1);
  return std::min(last, most);
}

}  // namespace holdfast
