#include "agent/hard_meter.h"

#include <algorithm>

namespace holdfast {
namespace {

int64_t UnitsBefore(const LicenseTerms& terms, const HardLimit& limit) {
  return std::min(UsedBefore(terms.used, limit.name, MeterPeriod::kNever, Time{}), limit.max);
}

// There is one: HardMeterOf found it.
HardLimit LimitOf(const LicenseTerms& terms) {
  const auto limit = FindHardLimit(terms.grants, terms.fallback, "terms");
  return limit && *limit ? **limit : HardLimit{};
}

}  // namespace

std::optional<HardMeter> HardMeterOf(const LicenseTerms& terms) {
  if (!terms.meter) return std::nullopt;
  const auto limit = FindHardLimit(terms.grants, terms.fallback, "terms");
  if (!limit || !*limit) return std::nullopt;
  return HardMeter{terms.meter->index, static_cast<uint64_t>(terms.meter->base),
                   static_cast<uint32_t>((*limit)->max - UnitsBefore(terms, **limit))};
}

Result<int64_t> UnitsUsed(const LicenseTerms& terms, const HardMeter& meter, const KeySet& keys,
                          HardMeters& tpm) {
  HOLDFAST_TRY(const int64_t here, tpm.MeterUsed(keys, meter));
  return UnitsBefore(terms, LimitOf(terms)) + here;
}

Result<HardMeters::Use> UseUnits(const LicenseTerms& terms, const HardMeter& meter, const KeySet& keys,
                                 int64_t amount, int64_t by_ledger, HardMeters& tpm) {
  if (by_ledger > 0) {
    HOLDFAST_TRY(const int64_t used, UnitsUsed(terms, meter, keys, tpm));
    if (amount > LimitOf(terms).max - used - by_ledger) return HardMeters::Use{false, used + by_ledger};
  }
  HOLDFAST_TRY(HardMeters::Use use, tpm.UseMeter(keys, meter, amount));
  use.used += UnitsBefore(terms, LimitOf(terms)) + by_ledger;
  return use;
}

Result<std::optional<MeterUsage>> HardUsage(const LicenseTerms& terms, const LicenseKeys& keys,
                                            HardMeters& tpm) {
  const auto* tpm_keys = std::get_if<KeySet>(&keys);
  const auto meter = HardMeterOf(terms);
  if (tpm_keys == nullptr || !meter) return std::nullopt;
  HOLDFAST_TRY(const int64_t used, UnitsUsed(terms, *meter, *tpm_keys, tpm));
  return std::optional(MeterUsage{LimitOf(terms).name, MeterPeriod::kNever, Time{}, used});
}

void AddHardUsage(std::vector<MeterUsage>& usage, const LicenseTerms& terms, const MeterUsage& hard) {
  for (MeterUsage& one : usage) {
    if (one.limit != hard.limit || one.period != hard.period || one.since != hard.since) continue;
    one.units -= std::min(one.units, UnitsBefore(terms, LimitOf(terms)));
    one.units += std::min(hard.units, INT64_MAX - one.units);
    return;
  }
  usage.push_back(hard);
}

Status PrepareInstalled(const LicenseTerms& terms, const std::string& product_key_id, HardMeters& tpm) {
  const uint32_t own_counter = tpm::MeterCounterIndex(terms.vendor, product_key_id);
  const auto meter = HardMeterOf(terms);
  if (!meter) {
    static_cast<void>(tpm.DropMeter(own_counter));
    return {};
  }
  // At another one's place it would take the count of another vendor's license away.
  if (meter->counter_index != own_counter)
    return Refused("answer.meter", "the license has its hard meter at another place than its product key's",
                   "tell the vendor; this must not happen");
  return tpm.ChargeMeter(*meter);
}

HardCount CountFrom(const Result<int64_t>& used) {
  if (used) return {*used, false, ""};
  const Error& error = used.error();
  return {std::nullopt, error.kind == ErrorKind::kRefused,
          "the hard meter: " + error.message + " (" + error.check + "); " + error.advice};
}

bool ReadHardMeters(std::vector<LoadedLicense>& licenses, HardMeters& tpm) {
  bool all = true;
  for (LoadedLicense& license : licenses) {
    LicenseView& view = license.view;
    const auto* keys = std::get_if<KeySet>(&license.keys);
    if (keys == nullptr || !view.verified || view.hardware != HardwareProof::kProven) continue;
    const auto meter = HardMeterOf(view.verified->terms);
    if (!meter || view.hard_count.used || view.hard_count.lost) continue;
    view.hard_count = CountFrom(UnitsUsed(view.verified->terms, *meter, *keys, tpm));
    all = all && (view.hard_count.used || view.hard_count.lost);
  }
  return all;
}

}  // namespace holdfast
