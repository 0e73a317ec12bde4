// The same reasons and states as in agent/enforcement, which the library does not include: tests/client holds that none is missing.
#include "agent/client/names.h"

#include <iterator>

namespace holdfast::client {
namespace {

struct ReasonEntry {
  holdfast_reason reason;
  const char *name, *advice;
};
constexpr ReasonEntry kReasons[] = {
    {HOLDFAST_REASON_ACTIVE, "active", ""},
    {HOLDFAST_REASON_TAMPERED, "tampered",
     "install the vendor's answer again; holdfast status says what is wrong with it"},
    {HOLDFAST_REASON_REVOKED, "revoked", "the vendor has revoked this license; ask the vendor"},
    {HOLDFAST_REASON_SUSPENDED, "suspended",
     "the vendor has suspended this license; settle it with the vendor and install the new revocation list"},
    {HOLDFAST_REASON_WRONG_HARDWARE, "wrong_hardware",
     "the license is of another machine or this one was changed; see holdfast status, and request a license "
     "for it"},
    {HOLDFAST_REASON_STATE_ROLLBACK, "state_rollback",
     "the agent's ledger was set back, deleted or altered; make a new request on this machine and send it to "
     "the vendor"},
    {HOLDFAST_REASON_RETIRED, "retired", "this license was returned; request a new one"},
    {HOLDFAST_REASON_HARDWARE_UNAVAILABLE, "hardware_unavailable",
     "the license cannot be proven; see its fault in holdfast status"},
    {HOLDFAST_REASON_NO_LICENSE, "no_license",
     "no license for this product is installed; run holdfast request and send the file to the vendor"},
    {HOLDFAST_REASON_NOT_YET_VALID, "not_yet_valid",
     "the license begins later; check the clock of this machine"},
    {HOLDFAST_REASON_EXPIRED, "expired", "the license has expired; renew it with the vendor"},
    {HOLDFAST_REASON_CLOCK_SET_BACK, "clock_set_back",
     "the clock of this machine is behind the time that has passed; set it right"},
    {HOLDFAST_REASON_OFFLINE_TOO_LONG, "offline_too_long",
     "send the vendor a heartbeat (holdfast heartbeat), and apply the answer"},
    {HOLDFAST_REASON_UNKNOWN_FEATURE, "unknown_feature",
     "the license does not know this feature; check its spelling, or ask the vendor"},
    {HOLDFAST_REASON_UNKNOWN_LIMIT, "unknown_limit",
     "the license does not know this limit; check its spelling, or ask the vendor"},
    {HOLDFAST_REASON_UNKNOWN_KEY, "unknown_key",
     "the license does not know this content key; check its spelling, or ask the vendor"},
    {HOLDFAST_REASON_FEATURE_NOT_GRANTED, "feature_not_granted",
     "the edition that applies now does not include this feature"},
    {HOLDFAST_REASON_KEY_NOT_GRANTED, "key_not_granted",
     "the edition that applies now does not include this content key"},
    {HOLDFAST_REASON_LIMIT_REACHED, "limit_reached",
     "not enough is left: wait until others release some of it, or ask the vendor for more"},
    {HOLDFAST_REASON_FALLBACK_EDITION, "fallback_edition",
     "the license has expired and the fallback edition applies; renew it with the vendor"},
    {HOLDFAST_REASON_GRACE, "grace",
     "the license has expired and runs in its grace period; renew it with the vendor now"},
    {HOLDFAST_REASON_OFFLINE_GRACE, "offline_grace",
     "send the vendor a heartbeat (holdfast heartbeat) now, and apply the answer"},
    {HOLDFAST_REASON_OVERAGE, "overage", "more is in use than the license includes; ask the vendor for more"},
    {HOLDFAST_REASON_CLOCK_AHEAD, "clock_ahead",
     "the clock of this machine is far ahead of the time that is known to have passed; see that it is right"},
    {HOLDFAST_REASON_EXPIRING, "expiring", "the license expires soon; renew it with the vendor"},
    {HOLDFAST_REASON_EMERGENCY, "emergency",
     "granted for a while only; settle what the other reasons say before it ends"},
    {HOLDFAST_REASON_ADVISORY, "advisory",
     "the license only advises: it would have been denied; see the other reasons"},
    {HOLDFAST_REASON_HEARTBEAT_DUE, "heartbeat_due",
     "the vendor must be heard of soon: send a heartbeat (holdfast heartbeat), and apply the answer"},
    {HOLDFAST_REASON_REVOCATION_STALE, "revocation_stale", "install a fresh revocation list from the vendor"},
    {HOLDFAST_REASON_CALLER_EXCLUDED, "caller_excluded",
     "the license lets only certain users, groups or programs use this limit; ask as one of them, or ask the "
     "vendor"},
    {HOLDFAST_REASON_AGENT_GONE, "agent_gone",
     "no license agent that this application believes answers: start it (systemctl start holdfast-agent); "
     "if it runs, see what the application has logged about it"},
    {HOLDFAST_REASON_AGENT_UNPROVEN, "agent_unproven",
     "the license agent of this machine cannot vouch for the license; see holdfast status. After a repair "
     "it can when the vendor's answer is installed"},
};

struct StateEntry {
  holdfast_state state;
  const char* name;
};
constexpr StateEntry kStates[] = {
    {HOLDFAST_STATE_ACTIVE, "active"},
    {HOLDFAST_STATE_EXPIRING, "expiring"},
    {HOLDFAST_STATE_GRACE, "grace"},
    {HOLDFAST_STATE_FALLBACK, "fallback"},
    {HOLDFAST_STATE_EXPIRED, "expired"},
    {HOLDFAST_STATE_NOT_YET_VALID, "not_yet_valid"},
    {HOLDFAST_STATE_HARDWARE_UNAVAILABLE, "hardware_unavailable"},
    {HOLDFAST_STATE_RETIRED, "retired"},
    {HOLDFAST_STATE_WRONG_HARDWARE, "wrong_hardware"},
    {HOLDFAST_STATE_SUSPENDED, "suspended"},
    {HOLDFAST_STATE_REVOKED, "revoked"},
    {HOLDFAST_STATE_CLOCK_SET_BACK, "clock_set_back"},
    {HOLDFAST_STATE_OFFLINE_TOO_LONG, "offline_too_long"},
    {HOLDFAST_STATE_EMERGENCY, "emergency"},
    {HOLDFAST_STATE_STATE_ROLLBACK, "state_rollback"},
    {HOLDFAST_STATE_TAMPERED, "tampered"},
    {HOLDFAST_STATE_NONE, "none"},
    {HOLDFAST_STATE_AGENT_GONE, "agent_gone"},
    {HOLDFAST_STATE_AGENT_UNPROVEN, "agent_unproven"},
};

struct ResultEntry {
  int code;
  const char* name;
};
constexpr ResultEntry kResults[] = {
    {HOLDFAST_OK, "ok"},
    {HOLDFAST_DENIED, "denied"},
    {HOLDFAST_INVALID_ARGUMENT, "invalid_argument"},
    {HOLDFAST_BUFFER_TOO_SMALL, "buffer_too_small"},
    {HOLDFAST_WRONG_TYPE, "wrong_type"},
    {HOLDFAST_CLOSED, "closed"},
    {HOLDFAST_FORKED, "forked"},
    {HOLDFAST_NO_MEMORY, "no_memory"},
    {HOLDFAST_SYSTEM, "system"},
    {HOLDFAST_NO_AGENT, "no_agent"},
    {HOLDFAST_TIMEOUT, "timeout"},
    {HOLDFAST_REFUSED, "refused"},
    {HOLDFAST_UNPROVEN, "unproven"},
    {HOLDFAST_AGENT_INVALID, "agent_invalid"},
    {HOLDFAST_AGENT_FAKE, "agent_fake"},
    {HOLDFAST_AGENT_REPLAYED, "agent_replayed"},
    {HOLDFAST_OTHER_VENDOR, "other_vendor"},
    {HOLDFAST_OTHER_HOST, "other_host"},
    {HOLDFAST_AGENT_ALTERED, "agent_altered"},
    {HOLDFAST_INTERNAL, "internal"},
};

const ReasonEntry* Find(holdfast_reason reason) {
  for (const ReasonEntry& entry : kReasons)
    if (entry.reason == reason) return &entry;
  return nullptr;
}

}  // namespace

holdfast_reason ReasonOf(std::string_view name) {
  for (const ReasonEntry& entry : kReasons)
    if (entry.name == name) return entry.reason;
  return HOLDFAST_REASON_OTHER;
}

holdfast_state StateOf(std::string_view name) {
  for (const StateEntry& entry : kStates)
    if (entry.name == name) return entry.state;
  return HOLDFAST_STATE_OTHER;
}

const char* NameOf(holdfast_reason reason) {
  const ReasonEntry* entry = Find(reason);
  return entry == nullptr ? "other" : entry->name;
}

const char* AdviceOf(holdfast_reason reason) {
  const ReasonEntry* entry = Find(reason);
  return entry == nullptr ? "" : entry->advice;
}

const char* NameOf(holdfast_state state) {
  for (const StateEntry& entry : kStates)
    if (entry.state == state) return entry.name;
  return "other";
}

const char* NameOfResult(int code) {
  for (const ResultEntry& entry : kResults)
    if (entry.code == code) return entry.name;
  return "other";
}

}  // namespace holdfast::client
