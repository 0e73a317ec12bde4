// Approvals of a plan by operators: JWS of type holdfast-approval (ES256) whose payload is
//   {"plan": "<hex SHA-256 of the plan file's octets>", "operator": "<name>"}
// M of the operators that the plan (or signer.conf) lists must have approved exactly these octets, and the
// process that uses the root key counts them itself (docs/decisions/0054).
#pragma once

#include "signer/hsm/signer_config.h"

namespace holdfast::hsm {

struct Approval {
  std::string origin;  // file, for messages
  std::string jws;
};

Bytes ApprovalPayload(ByteView plan, std::string_view name);

// Who approved, in the order given. Checks: approval.syntax, approval.operator (not listed), approval.plan
// (another plan, or changed since), approval.signature, approval.twice, approval.quorum.
Result<std::vector<std::string>> CheckApprovals(ByteView plan, const std::vector<Approval>& approvals,
                                                const Quorum& quorum);

Result<Approval> ReadApproval(const Path& file);

}  // namespace holdfast::hsm
