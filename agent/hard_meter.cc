#include "agent/hard_meter.h"

#include <algorithm>

namespace holdfast {

std::optional<LicensedMeter> HardMeterOf(const LicenseTerms& terms) {
  if (!terms.meter) return std::nullopt;
  const auto limit = FindHardLimit(terms.grants, terms.fallback, "terms");
  if (!limit || !*limit) return std::nullopt;
  const auto& [name, max] = **limit;
  const int64_t before = std::min(UsedBefore(terms.used, name, MeterPeriod::kNever, Time{}), max);
  return LicensedMeter{
      name,
      {terms.meter->index, static_cast<uint64_t>(terms.meter->base), static_cast<uint32_t>(max - before)},
      before};
}

std::optional<LicensedMeter> HardMeterOf(const LicenseTerms& terms, const std::string& limit) {
  auto meter = HardMeterOf(terms);
  if (meter && meter->limit != limit) meter.reset();
  return meter;
}

Result<int64_t> UnitsUsed(const LicensedMeter& meter, const KeySet& keys, HardMeters& tpm) {
  HOLDFAST_TRY(const int64_t here, tpm.MeterUsed(keys, meter.tpm));
  return meter.used_before + here;
}

Result<HardMeters::Use> UseUnits(const LicensedMeter& meter, const KeySet& keys, int64_t amount,
                                 int64_t by_ledger, HardMeters& tpm) {
  if (by_ledger > 0) {
    HOLDFAST_TRY(const int64_t used, UnitsUsed(meter, keys, tpm));
    const int64_t max = meter.used_before + meter.tpm.max;
    if (amount > max - used - by_ledger) return HardMeters::Use{false, used + by_ledger};
  }
  HOLDFAST_TRY(HardMeters::Use use, tpm.UseMeter(keys, meter.tpm, amount));
  use.used += meter.used_before + by_ledger;
  return use;
}

Result<std::optional<MeterUsage>> HardUsage(const LicenseTerms& terms, const LicenseKeys& keys,
                                            HardMeters& tpm) {
  const auto* tpm_keys = std::get_if<KeySet>(&keys);
  const auto meter = HardMeterOf(terms);
  if (tpm_keys == nullptr || !meter) return std::nullopt;
  HOLDFAST_TRY(const int64_t used, UnitsUsed(*meter, *tpm_keys, tpm));
  return std::optional(MeterUsage{meter->limit, MeterPeriod::kNever, Time{}, used});
}

void AddHardUsage(std::vector<MeterUsage>& usage, const LicenseTerms& terms, const MeterUsage& hard) {
  const auto meter = HardMeterOf(terms);
  const int64_t before = meter ? meter->used_before : 0;
  for (MeterUsage& one : usage) {
    if (one.limit != hard.limit || one.period != hard.period || one.since != hard.since) continue;
    one.units -= std::min(one.units, before);
    one.units += std::min(hard.units, INT64_MAX - one.units);
    return;
  }
  usage.push_back(hard);
}

Status PrepareInstalled(const LicenseTerms& terms, const std::string& product_key_id, HardMeters& tpm) {
  const auto meter = HardMeterOf(terms);
  if (!meter) {
    FreeMeter(terms.vendor, product_key_id, tpm);
    return {};
  }
  // At another one's place it would take the count of another vendor's license away.
  if (meter->tpm.counter_index != tpm::MeterCounterIndex(terms.vendor, product_key_id))
    return Refused("answer.meter", "the license has its hard meter at another place than its product key's",
                   "tell the vendor; this must not happen");
  return tpm.ChargeMeter(meter->tpm);
}

void FreeMeter(const std::string& vendor, const std::string& product_key_id, HardMeters& tpm) {
  static_cast<void>(tpm.DropMeter(tpm::MeterCounterIndex(vendor, product_key_id)));
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
    view.hard_count = CountFrom(UnitsUsed(*meter, *keys, tpm));
    all = all && (view.hard_count.used || view.hard_count.lost);
  }
  return all;
}

}  // namespace holdfast
