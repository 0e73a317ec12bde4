// The emergency periods of repairs (docs/enforcement.md): as many in any 365 days as the license's terms give repairs, and one for each
// license certificate. A new activation of the license elsewhere brings a new certificate and costs nothing: so both.
//
// Pure: the books commit.
#pragma once

#include "agent/ledger/ledger_content.h"

namespace holdfast {

// The one that began last.
std::optional<GrantedPeriod> RepairOf(const LedgerContent& content, const LicenseId& license);
// A new one that begins now. Nothing: the terms give none, this certificate had one, as many as the terms give began in the 365 days before, or
// the ledger has no place: nothing that was given is forgotten for it.
std::optional<GrantedPeriod> AddRepair(LedgerContent& content, const LicenseId& license, const Bytes& serial,
                                       const Repairs& terms, const TimeReading& now);

}  // namespace holdfast
