#include "agent/ledger/repairs.h"

#include <algorithm>

namespace holdfast {
namespace {

constexpr Seconds kYear{365 * 86400};

// By the floor: a clock that is set ahead makes no year pass. Or by the time that has passed for certain: a period that was begun with such a
// clock is over after a year all the same.
bool IsLongOver(const RepairRecord& record, const TimeReading& now) {
  return record.period.from + kYear < now.floor || now.passed - record.period.passed > kYear;
}

}  // namespace

std::optional<GrantedPeriod> RepairOf(const LedgerContent& content, const LicenseId& license) {
  for (auto record = content.repairs.rbegin(); record != content.repairs.rend(); ++record)
    if (IsSameLicense(record->id, license)) return record->period;
  return std::nullopt;
}

std::optional<GrantedPeriod> AddRepair(LedgerContent& content, const LicenseId& license, const Bytes& serial,
                                       const Repairs& terms, const TimeReading& now) {
  if (terms.emergency <= Seconds(0)) return std::nullopt;
  int begun = 0;
  for (const RepairRecord& record : content.repairs) {
    if (!IsSameLicense(record.id, license)) continue;
    if (record.serial == serial) return std::nullopt;
    if (!IsLongOver(record, now)) begun++;
  }
  if (begun >= terms.per_year) return std::nullopt;
  if (content.repairs.size() == kMaxRepairRecords)
    std::erase_if(content.repairs, [&](const RepairRecord& record) { return IsLongOver(record, now); });
  if (content.repairs.size() == kMaxRepairRecords) return std::nullopt;
  const GrantedPeriod period{now.now, now.now + terms.emergency, now.passed};
  content.repairs.push_back({license, serial, period});
  return period;
}

}  // namespace holdfast
