// One question to the agent for all that checks need: who it is, what the license grants, and the page that says when that changes. One connection and
// one round trip.
#pragma once

#include "agent/client/conversation.h"
#include "agent/client/snapshot.h"

namespace holdfast::client {

struct Findings {
  Snapshot snapshot;
  std::optional<Failure> unproven;  // HOLDFAST_UNPROVEN: nothing is granted, and why
  Connection watch;                 // which gets a line at each change. Who does not need it closes it
};

// Errors: those of Conversation::Begin and of CodeOfAnswer. An agent that cannot vouch for the license is believed when it takes away: a license that is
// revoked is denied at once, not when `keep` is over. But an agent that only waits for its hardware takes nothing away that another one granted
// (HOLDFAST_UNPROVEN).
Outcome<Findings> Inquire(const std::string& socket, Trust& trust, Deadline deadline);

}  // namespace holdfast::client
