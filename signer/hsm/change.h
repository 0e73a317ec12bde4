// Changes to a signer that the root key signs: a new generation of a line's keys (rotate), a new line
// (add-line), a new list of the root (root-crl). The old generation stays in signer.conf, because lists for
// licenses that are out are signed with it; nothing about those licenses changes. signer.conf is written
// last.
#pragma once

#include "protocol/platform/clock.h"
#include "signer/hsm/ceremony_plan.h"
#include "signer/hsm/transcript.h"

namespace holdfast::hsm {

struct Change {
  ChangePlan plan;
  std::string plan_text;  // the octets that were approved
  std::vector<Approval> approvals;
  Path config_file;
  Clock clock;
};

// The plan that rotate and add-line follow when none is given: keys of the same type in the same tokens; good
// for kChangePlanLife. Reads signer.conf, certificates and the root's list only.
struct ChangeRequest {
  std::string operation, line;
  std::string key_type;  // empty: as the line's newest generation, or as any other line
  std::string token;     // empty: likewise
  std::vector<RevokedGeneration> revoke;
};
Result<ChangePlan> ProposeChange(const ChangeRequest& request, const Path& config_file, Time now);

// The signer's service must be stopped (signer.locked). Checks besides those of ceremonies: change.root
// (another signer's plan), change.expired, change.line, change.generation (an approval for another moment),
// change.generations (signer.conf holds no more), change.number, change.revoke (kNotFound: no such
// generation), audit.missing.
Result<Transcript> MakeChange(const Change& change);

}  // namespace holdfast::hsm
