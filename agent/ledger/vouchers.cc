#include "agent/ledger/vouchers.h"

#include <algorithm>

namespace holdfast {
namespace {

Status CheckAnyLeft(const VoucherRecord& record, const std::optional<Vouchers>& vouchers, Time now) {
  if (!vouchers)
    return Fail(ErrorKind::kDenied, "voucher.none", "license " + record.license + " comes without vouchers",
                "ask the vendor");
  if (record.used > 0 && now <= record.until)
    return Fail(ErrorKind::kConflict, "voucher.running",
                "a voucher of license " + record.license + " is in use until " + FormatTime(record.until),
                "use the next one when it has ended");
  if (record.used >= vouchers->count)
    return Fail(ErrorKind::kDenied, "voucher.none",
                "all vouchers of license " + record.license + " are used: " + std::to_string(record.used),
                "ask the vendor");
  return {};
}

}  // namespace

VoucherRecord VouchersOf(const LedgerContent& content, const LicenseId& license) {
  for (const VoucherRecord& record : content.vouchers)
    if (record.product == license.product && record.license == license.license) return record;
  return {.product = license.product, .license = license.license};
}

Result<VoucherRecord> UseVoucher(LedgerContent& content, const LicenseId& license,
                                 const std::optional<Vouchers>& vouchers, Time now) {
  VoucherRecord record = VouchersOf(content, license);
  HOLDFAST_CHECK(CheckAnyLeft(record, vouchers, now));
  std::erase_if(content.vouchers, [&](const VoucherRecord& old) {
    return old.product == license.product && old.license == license.license;
  });
  if (content.vouchers.size() == kMaxVoucherRecords)
    return Fail(ErrorKind::kConflict, "ledger.full",
                "the ledger has vouchers of " + std::to_string(kMaxVoucherRecords) +
                    " licenses already, and no place for " + license.license);
  record.used++;
  record.until = now + vouchers->length;
  content.vouchers.push_back(record);
  return record;
}

}  // namespace holdfast
