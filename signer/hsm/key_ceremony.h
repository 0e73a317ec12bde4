// The key ceremony: one plan file (and its approvals) in; keys, certificates, signer.conf and a transcript
// out (docs/decisions/0054). Everything is made in DIR/.ceremony and moved into place when it is complete,
// signer.conf last: what was interrupted is finished (FinishCeremony) or discarded by the next attempt, and
// never taken for a signer.
#pragma once

#include "protocol/platform/clock.h"
#include "signer/hsm/ceremony_plan.h"
#include "signer/hsm/transcript.h"

namespace holdfast::hsm {

struct Ceremony {
  CeremonyPlan plan;
  std::string plan_text;  // the octets that were approved
  std::vector<Approval> approvals;
  Path directory;
  Clock clock;
};

// Finishes a ceremony that was interrupted when all was made and not yet all in its place. Its transcript, as
// text; nullopt: there is nothing to finish. Checks: ceremony.other_plan (kConflict: it is finished now, and it
// was one with another plan), ceremony.files, signer.locked (kConflict: another process works there; try again).
Result<std::optional<std::string>> FinishCeremony(const Ceremony& ceremony);

// Checks besides those of the plan, approvals, tokens and lint: ceremony.exists (kConflict; also for one that
// is to be finished), signer.locked.
Result<Transcript> HoldCeremony(const Ceremony& ceremony);

// What HoldCeremony would make, in plain words, for --dry-run. Checks plan and approvals, touches nothing.
Result<std::string> DescribeCeremony(const Ceremony& ceremony);

// The plan when none is given: one line, one token, no quorum.
struct SimplePlan {
  std::string vendor, line = "default", key_type = "ec-p256";
  std::optional<TokenConfig> token;  // absent: embedded
};
CeremonyPlan MakeSimplePlan(const SimplePlan& simple);

}  // namespace holdfast::hsm
