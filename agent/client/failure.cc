#include "agent/client/failure.h"

#include <algorithm>
#include <array>

namespace holdfast::client {
namespace {

bool BeginsWithOneOf(std::string_view check, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view beginning) { return check.starts_with(beginning); });
}

struct Proof {
  std::string_view check;
  int code;
};
constexpr std::array<Proof, 10> kProofs{{
    {"path.anchor", HOLDFAST_OTHER_VENDOR},
    {"session.other_vendor", HOLDFAST_OTHER_VENDOR},
    {"session.other_product", HOLDFAST_OTHER_VENDOR},
    {"challenge.product", HOLDFAST_OTHER_VENDOR},
    {"session.other_host", HOLDFAST_OTHER_HOST},
    {"session.window", HOLDFAST_AGENT_REPLAYED},
    {"challenge.signature", HOLDFAST_AGENT_REPLAYED},
    {"session.other_license", HOLDFAST_AGENT_FAKE},
    {"jws.signature", HOLDFAST_AGENT_FAKE},
    {"mac.mismatch", HOLDFAST_AGENT_ALTERED},
}};

}  // namespace

int CodeOfAnswer(const Error& error) {
  if (error.check == "challenge.unproven") return HOLDFAST_UNPROVEN;
  if (BeginsWithOneOf(error.check, {"json.", "api.answer", "error", "challenge_answer", "entitlements",
                                    "license", "decision", "watch.", "key.point"}))
    return HOLDFAST_AGENT_INVALID;
  if (error.check == "api.op") return HOLDFAST_REFUSED;  // an agent older than this library
  return error.kind == ErrorKind::kUsage ? HOLDFAST_INVALID_ARGUMENT : HOLDFAST_REFUSED;
}

int CodeOfProof(const Error& error) {
  for (const Proof& proof : kProofs)
    if (proof.check == error.check) return proof.code;
  if (error.check == "path.internal") return HOLDFAST_NO_MEMORY;
  if (error.kind == ErrorKind::kInternal) return HOLDFAST_INTERNAL;
  // A path that leads to a root of the application's and does not hold.
  return error.check.starts_with("path.") ? HOLDFAST_AGENT_FAKE : HOLDFAST_AGENT_INVALID;
}

}  // namespace holdfast::client
