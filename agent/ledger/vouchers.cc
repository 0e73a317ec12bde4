#include "agent/ledger/vouchers.h"

#include <algorithm>

namespace holdfast {
namespace {

Status CheckAnyLeft(const VoucherRecord& record, const std::optional<Vouchers>& vouchers,
                    const TimeReading& now) {
  if (!vouchers)
    return Fail(ErrorKind::kDenied, "voucher.none",
                "license " + record.id.license + " comes without vouchers", "ask the vendor");
  const GrantedPeriod last = AtMost(record.last, vouchers->length);
  if (record.used > 0 && IsRunning(last, now))
    return Fail(ErrorKind::kConflict, "voucher.running",
                "a voucher of license " + record.id.license + " is in use until " + FormatTime(last.until),
                "use the next one when it has ended");
  if (record.used >= vouchers->count)
    return Fail(ErrorKind::kDenied, "voucher.none",
                "all vouchers of license " + record.id.license + " are used: " + std::to_string(record.used),
                "ask the vendor");
  return {};
}

}  // namespace

VoucherRecord VouchersOf(const LedgerContent& content, const LicenseId& license) {
  for (const VoucherRecord& record : content.vouchers)
    if (IsSameLicense(record.id, license)) return record;
  return {.id = license};
}

Result<VoucherRecord> UseVoucher(LedgerContent& content, const LicenseId& license,
                                 const std::optional<Vouchers>& vouchers, const TimeReading& now) {
  VoucherRecord record = VouchersOf(content, license);
  HOLDFAST_CHECK(CheckAnyLeft(record, vouchers, now));
  std::erase_if(content.vouchers, [&](const VoucherRecord& old) { return IsSameLicense(old.id, license); });
  if (content.vouchers.size() == kMaxVoucherRecords)
    return Fail(ErrorKind::kConflict, "ledger.full",
                "the ledger has vouchers of " + std::to_string(kMaxVoucherRecords) +
                    " licenses already, and no place for " + license.license);
  record.used++;
  record.last = {now.now, now.now + vouchers->length, now.passed};
  content.vouchers.push_back(record);
  return record;
}

}  // namespace holdfast
