#include "signer/server/licensing/meter_pin.h"

namespace holdfast {
namespace {

// Neither a plan nor terms are there with two of them (product.plans.limits, terms.limits).
std::optional<HardLimit> HardLimitOf(const Grants& grants, const std::optional<Grants>& fallback) {
  const auto found = FindHardLimit(grants, fallback, "limits");
  return found ? *found : std::nullopt;
}

}  // namespace

std::optional<PinnedMeter> MeterOfRenewal(const LicenseTerms& old, const Plan& plan) {
  const auto limit = HardLimitOf(old.grants, old.fallback);
  if (!old.meter || !limit || limit != HardLimitOf(plan.grants, plan.fallback)) return std::nullopt;
  PinnedMeter meter{*old.meter, limit->name, {}};
  for (const MeterUsage& used : old.used)
    if (used.limit == limit->name && used.period == MeterPeriod::kNever) meter.used_before.push_back(used);
  return meter;
}

std::optional<PinnedMeter> MeterOfActivation(const std::vector<ActivationRecord>& activations,
                                             const Bytes& host, const Plan& plan,
                                             const std::optional<MeterPin>& requested) {
  const auto anew = requested ? std::optional(PinnedMeter{*requested}) : std::nullopt;
  for (auto record = activations.rbegin(); record != activations.rend(); ++record) {
    if (record->ek_name != host || record->certificate.empty()) continue;  // reserved, and never signed
    if (record->state == ActivationState::kRevoked || record->state == ActivationState::kReturned)
      return anew;
    const auto terms = ParseTerms(record->terms);
    auto known = terms ? MeterOfRenewal(*terms, plan) : std::nullopt;
    return known ? std::move(known) : anew;
  }
  return anew;
}

bool IsHardMeterSoft(const Plan& plan, const std::optional<PinnedMeter>& meter) {
  return !plan.advisory && !meter && HardLimitOf(plan.grants, plan.fallback).has_value();
}

}  // namespace holdfast
