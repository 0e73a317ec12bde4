// What the agent said when it was asked last, made for reading by many threads, and until when it stands.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/client/coarse_clock.h"
#include "agent/client/verdicts.h"
#include "agent/client/watched_page.h"
#include "protocol/local/entitlements.h"

namespace holdfast::client {

struct Standing {  // of the license
  holdfast_state state = HOLDFAST_STATE_AGENT_GONE;
  std::vector<holdfast_reason> reasons{HOLDFAST_REASON_AGENT_GONE};
  std::string edition;
  std::optional<Time> expires;
  std::optional<int64_t> days_left;
  std::string json;  // LICENSE of docs/local-api.md
};

// How much of an answer is believed.
enum class Belief {
  kProven,     // as it stands
  kTakesAway,  // by whom nothing is believed but what is denied: what it grants is denied all the same
};

struct Snapshot {
  Verdicts verdicts;
  Standing standing;
  Milliseconds keep{0};   // how long it stands without the agent
  Moment asked{}, due{};  // when it was asked, and when it must be asked again at the latest
  std::shared_ptr<const WatchedPage> page = {};  // null: nothing says whether it is fresh
  uint64_t generation =
      0;  // of the page, before it was asked: another one there now means that it is not fresh
};

// Without the page.
Snapshot MakeSnapshot(const local::Entitlements& entitlements, Belief belief, Moment asked);
// Everything is denied: the agent has not answered for longer than it may.
Snapshot GoneSnapshot(const std::string& product);
// May a check or the status say something else? Not by how many days are left.
bool SaysTheSame(const Snapshot& a, const Snapshot& b);

}  // namespace holdfast::client
