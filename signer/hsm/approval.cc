#include "signer/hsm/approval.h"

#include <algorithm>

#include "protocol/jose/jws.h"
#include "protocol/json_text.h"
#include "protocol/strict_json.h"

namespace holdfast::hsm {
namespace {

Result<std::string> CheckOne(ByteView plan, const Approval& approval, const Quorum& quorum) {
  auto jws = ParseJws(approval.jws, MessageType::kApproval);
  if (!jws) return Malformed("approval.syntax", "it is not an approval: " + jws.error().message);
  HOLDFAST_TRY(const Json json, ParseJson(AsText(jws->payload), 4096));
  JsonObject o(json, "approval");
  const std::string approved = o.String("plan", 64), name = o.String("operator", 64);
  HOLDFAST_CHECK(o.Finish());
  const auto signer = std::find_if(quorum.operators.begin(), quorum.operators.end(),
                                   [&](const Operator& listed) { return listed.name == name; });
  if (signer == quorum.operators.end())
    return Refused("approval.operator", "\"" + name + "\" is not one of the operators");
  if (auto good = VerifyJws(*jws, signer->key); !good)
    return Refused("approval.signature", "it is not signed with the key of " + name);
  if (approved != HexEncode(Sha256(plan)))
    return Refused("approval.plan", name + " approved another plan, or the plan has changed since",
                   "Let the operators review the plan as it is now and approve it again");
  return name;
}

}  // namespace

Bytes ApprovalPayload(ByteView plan, std::string_view name) {
  const Json json = {{"plan", HexEncode(Sha256(plan))}, {"operator", name}};
  return ToBytes(FormatJson(json));
}

Result<std::vector<std::string>> CheckApprovals(ByteView plan, const std::vector<Approval>& approvals,
                                                const Quorum& quorum) {
  std::vector<std::string> names;
  for (const Approval& approval : approvals) {
    auto name = CheckOne(plan, approval, quorum);
    if (!name) {
      name.error().message = approval.origin + ": " + name.error().message;
      return tl::unexpected(name.error());
    }
    if (std::find(names.begin(), names.end(), *name) != names.end())
      return Refused("approval.twice", approval.origin + ": " + *name + " has approved already",
                     "Each operator counts once");
    names.push_back(std::move(*name));
  }
  if (static_cast<int>(names.size()) < quorum.needed)
    return Refused("approval.quorum",
                   std::to_string(quorum.needed) + " approvals are needed, " + std::to_string(names.size()) +
                       " are here",
                   "Let more operators approve this plan: holdfast-signer approve");
  return names;
}

Result<Approval> ReadApproval(const Path& file) {
  HOLDFAST_TRY(const Bytes content, ReadFile(file, kMaxJwsSize));
  std::string text(AsText(content));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return Approval{file.string(), std::move(text)};
}

}  // namespace holdfast::hsm
