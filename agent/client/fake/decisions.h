// What libholdfast-fake says: a JSON file of the developer's, read anew at each call.
//
//   {"features": {"export": true, "max-resolution": 1280, "tier": "gold"},    granted, with their values
//    "denied": {"render": "expired"},                                         denied for that reason; what is in neither is unknown_feature
//    "limits": {"users": 2},                                                  seats, gauges and meters alike
//    "keys": {"content": "<64 hexadecimal digits>"},
//    "state": "grace", "reasons": ["grace"], "edition": "standard", "expires": "2027-11-22T06:00:00Z", "days_left": 12}
//
// All members are optional.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/client/failure.h"
#include "protocol/terms.h"

namespace holdfast::client::fake {

struct Decisions {
  std::map<std::string, FeatureValue> features;
  std::map<std::string, holdfast_reason> denied;
  std::map<std::string, int64_t> limits;
  std::map<std::string, Bytes> keys;
  holdfast_state state = HOLDFAST_STATE_ACTIVE;
  std::vector<holdfast_reason> reasons;  // at least one
  std::string edition;
  std::optional<Time> expires;
  int64_t days_left = 0;
  std::string text;  // the file's
};

// HOLDFAST_INVALID_ARGUMENT: fake.file, and fake.<member>.
Outcome<Decisions> Read(const std::string& path);

}  // namespace holdfast::client::fake
