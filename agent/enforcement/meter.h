// Meters: units that are used up, by period. Pure.
//
// Units are handed out from a batch that is on record as used before the first of it is: a crash loses what is left of the batch, and
// never grants a unit twice.
#pragma once

#include "agent/enforcement/decide.h"
#include "agent/enforcement/license_id.h"
#include "protocol/meter_usage.h"

namespace holdfast {

// One meter of one license in one period. A fallback edition may have a limit of the same name with another period: that is another meter, or
// the one would begin the other anew.
struct MeterRecord {
  LicenseId id;
  std::string limit;
  MeterPeriod period = MeterPeriod::kNever;
  Time since;         // the period's beginning; the epoch where it never begins anew
  int64_t units = 0;  // used, or taken for a batch
  bool operator==(const MeterRecord&) const = default;
};
bool IsSameMeter(const MeterRecord& a, const MeterRecord& b);  // whenever the period began

// The same meter in a period that begins later has nothing used, as far as this record says. One that seems to begin earlier is the same period: time does
// not go back. But a vendor's answer may take time back by years: from a period that is far ahead the present one is another.
MeterRecord InPeriod(MeterRecord record, Time floor);
// Does the period begin so far ahead of `floor` that time must have been taken back?
bool IsTakenBack(const MeterRecord& record, Time floor);

// May `amount` more be used up? `used` are the units of this period. As DecideLimit, but what a ledger that was set back says of the units
// is not believed, whatever the license's policy is.
Decision DecideMeter(const LicenseView& view, const Situation& situation, std::string_view limit,
                     int64_t used, int64_t amount);

// The same of a hard meter, whose units the TPM knows: a ledger that was set back says nothing of them.
Decision DecideHardMeter(const LicenseView& view, const Situation& situation, std::string_view limit,
                         int64_t used, int64_t amount);
// What the ledger counted of the hard meter as long as the TPM did not, beyond what the terms say was used before. It is used up as well, also when
// the TPM counts by now: else who has it counted by the one and then by the other has all units twice.
int64_t CountedByLedger(const LicenseView& license, const std::vector<MeterRecord>& records);
// At once: each is two NV writes, for which everybody waits who asks the TPM.
inline constexpr int64_t kMaxHardAmount = 16;

// How many units to take at once. It doubles as long as batches are used up within kBatchSpan, so that a steady rate commits at most
// once in that time, some 17,000 times a year; and becomes smaller when they last. At most a sixteenth of the limit is lost by a crash.
inline constexpr Seconds kBatchSpan{30 * 60};
int64_t NextBatchSize(int64_t last, Seconds lasted, const Limit& limit);

}  // namespace holdfast
