#include "agent/hard_meter.h"

namespace holdfast {

std::optional<HardMeter> HardMeterOf(const LicenseTerms& terms) {
  if (!terms.meter) return std::nullopt;
  const auto limit = FindHardLimit(terms.grants, terms.fallback, "terms");
  if (!limit || !*limit) return std::nullopt;
  return HardMeter{terms.meter->index, static_cast<uint64_t>(terms.meter->base),
                   static_cast<uint32_t>((*limit)->max)};
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
    view.hard_count = CountFrom(tpm.MeterUsed(*keys, *meter));
    all = all && (view.hard_count.used || view.hard_count.lost);
  }
  return all;
}

}  // namespace holdfast
