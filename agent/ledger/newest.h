// The newest file that was installed of each license: an older one that is put back, of before the vendor's word, is a restored one.
//
// What is remembered is bounded, and whoever fills it up gains nothing: when a record gives way, whatever has no record and begins no later than
// that license counts as restored too, until it is activated anew (docs/decisions/0112).
//
// Pure: the books commit.
#pragma once

#include "agent/ledger/ledger_content.h"

namespace holdfast {

NewestRecord NewestOf(const VerifiedLicense& license);
// Is there something in it that is not on record?
bool IsNews(const LedgerContent& content, const NewestRecord& seen);
// `in_use` gives way after the others, and what begins first before what begins later.
void Note(LedgerContent& content, const NewestRecord& seen, const std::vector<NewestRecord>& in_use);
bool IsRestored(const LedgerContent& content, const VerifiedLicense& license);

// One record for each license, the newest; without a bound.
void Note(std::vector<NewestRecord>& all, const NewestRecord& seen);

}  // namespace holdfast
