// Decisions and standings as the local API and `--json` show them. Names are stable (docs/cli-json.md).
#pragma once

#include "agent/enforcement/decide.h"
#include "protocol/strict_json.h"

namespace holdfast::api {

// {"ok": true, "allowed": ..., "product", "state", "reasons": [...], "advice", "edition", "value", "max",
// "used",
//  "expires", "days_left"}: members that do not apply are absent.
Json DecisionJson(const Decision& decision, const std::string& product);
// One license of `status`, without its limits.
Json StandingJson(const LicenseView& license, Time now);
Json LimitJson(const Limit& limit, int64_t used);
Json FeatureJson(const FeatureValue& value);

}  // namespace holdfast::api
