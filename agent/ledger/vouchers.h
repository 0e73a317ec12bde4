// Break-glass: which of a license's vouchers were used. Pure: the books commit.
#pragma once

#include "agent/ledger/conversation.h"

namespace holdfast {

// None yet: one of nothing.
VoucherRecord VouchersOf(const LedgerContent& content, const LicenseId& license);
// The next one is used from now on. Checks: voucher.none (kDenied: the license has none, or all are used), voucher.running (kConflict: one
// is in use still), ledger.full (kConflict).
Result<VoucherRecord> UseVoucher(LedgerContent& content, const LicenseId& license,
                                 const std::optional<Vouchers>& vouchers, const TimeReading& now);

}  // namespace holdfast
