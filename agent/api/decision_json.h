// Decisions and standings as the local API and `--json` show them. Names are stable (docs/cli-json.md).
#pragma once

#include "agent/enforcement/decide.h"
#include "agent/ledger/books.h"
#include "protocol/strict_json.h"

namespace holdfast::api {

// {"ok": true, "allowed": ..., "product", "state", "reasons": [...], "advice", "edition", "value", "max",
// "used",
//  "expires", "days_left"}: members that do not apply are absent.
Json DecisionJson(const Decision& decision, const std::string& product);
bool IsAllowed(const Json& answer);  // of a decision; no error is
// One license of `status`, without its limits.
Json StandingJson(const LicenseView& license, const Situation& now);
// {"state": "good", "wall": ..., "behind": seconds}: `behind` where the wall clock is behind the time that is now.
Json ClockJson(const TimeReading& reading);
// {"finding": "good", "protection": "tpm", "open": true, "detail", "tpm_clock"}
Json LedgerJson(const LedgerReport& report);
Json LimitJson(const Limit& limit, std::optional<int64_t> used);  // absent: not known
Json FeatureJson(const FeatureValue& value);

}  // namespace holdfast::api
