// What the service says to applications that want to know whom they ask, and of whom it wants to know who asks.
#include "agent/api/decision_json.h"
#include "agent/api/service.h"

namespace holdfast::api {
namespace {

tl::unexpected<Error> Unproven(ErrorKind kind, std::string why, std::string_view advice) {
  return Fail(kind, "challenge.unproven", "the agent cannot be vouched for: " + std::move(why),
              std::string(advice));
}

// Why a license key has not signed anything since the agent was started.
tl::unexpected<Error> WhyUnproven(const LicenseView& license, const Standing& standing) {
  if (standing.state == LicenseState::kEmergency && license.hardware == HardwareProof::kWrongHardware)
    return Unproven(ErrorKind::kRefused,
                    "a repair waits for the vendor's answer, and the key that could vouch is gone with the "
                    "hardware",
                    "install the vendor's answer to the repair's request (holdfast install); until then only "
                    "who asks the agent without a challenge is granted the emergency period");
  const bool later = license.verified && license.hardware == HardwareProof::kUnavailable;
  return Unproven(later ? ErrorKind::kUnavailable : ErrorKind::kRefused,
                  license.fault.empty() ? std::string(StateName(standing.state)) : license.fault,
                  standing.reasons.empty() ? "" : ReasonAdvice(standing.reasons.front()));
}

}  // namespace

Json Service::Entitlements(const EntitlementsRequest& request) const {
  const auto license = Find(request.product);
  if (!license) return ErrorAnswer(license.error());
  const Situation now = Now();
  local::Entitlements kept =
      *license ? EntitlementsOf(**license, now) : EntitlementsWithoutLicense(request.product, now.now);
  kept.generation = generation();
  return local::FormatEntitlements(kept);
}

Result<local::AnsweredChallenge> Service::Challenge(const local::Challenge& challenge) {
  HOLDFAST_TRY(const LicenseView* license, Find(challenge.product));
  if (license == nullptr)
    return Unproven(ErrorKind::kNotFound, "no license for " + challenge.product + " is installed",
                    ReasonAdvice(Reason::kNoLicense));
  const Situation now = Now();
  const auto found = proofs_.find(license->product);
  if (!license->verified || license->hardware != HardwareProof::kProven || found == proofs_.end())
    return WhyUnproven(*license, Assess(*license, now));
  HOLDFAST_TRY(const local::SessionProof proof, ProofAt(found->second, now.now));
  return local::AnswerChallenge(challenge, proof, now.now);
}

std::optional<Json> Service::Excluded(const std::string& product, const std::string& limit,
                                      const CallerSource& caller) {
  const auto license = Find(product);
  if (!license || *license == nullptr) return {};
  const Situation now = Now();
  const Grants* grants = Assess(**license, now).grants;
  if (grants == nullptr) return {};
  const auto found = grants->limits.find(limit);
  if (found == grants->limits.end() || !found->second.only) return {};
  if (IsAmong(*found->second.only, caller ? caller() : Caller{}, accounts_)) return {};
  const Decision decision = DecideExcluded(**license, now, limit);
  Json json = Answer(**license, limit, decision, now.now);
  if (decision.allowed) return {};  // the license only advises
  return json;
}

}  // namespace holdfast::api
