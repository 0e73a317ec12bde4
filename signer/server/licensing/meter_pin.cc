#include "signer/server/licensing/meter_pin.h"

namespace holdfast {
namespace {

// Neither a plan nor terms are there with two of them (product.plans.limits, terms.limits).
std::optional<HardLimit> HardLimitOf(const Grants& grants, const std::optional<Grants>& fallback) {
  const auto found = FindHardLimit(grants, fallback, "limits");
  return found ? *found : std::nullopt;
}

}  // namespace

std::optional<MeterPin> MeterOfRenewal(const LicenseTerms& old, const Plan& plan) {
  const bool same = HardLimitOf(old.grants, old.fallback) == HardLimitOf(plan.grants, plan.fallback);
  return same ? old.meter : std::nullopt;
}

std::optional<MeterPin> MeterOfActivation(const std::vector<ActivationRecord>& activations, const Bytes& host,
                                          const Plan& plan, const std::optional<MeterPin>& requested) {
  for (auto record = activations.rbegin(); record != activations.rend(); ++record) {
    if (record->ek_name != host || record->certificate.empty()) continue;  // reserved, and never signed
    if (record->state == ActivationState::kRevoked || record->state == ActivationState::kReturned)
      return requested;
    const auto terms = ParseTerms(record->terms);
    const auto known = terms ? MeterOfRenewal(*terms, plan) : std::nullopt;
    return known ? known : requested;
  }
  return requested;
}

bool IsHardMeterSoft(const Plan& plan, const std::optional<MeterPin>& meter) {
  return !plan.advisory && !meter && HardLimitOf(plan.grants, plan.fallback).has_value();
}

}  // namespace holdfast
