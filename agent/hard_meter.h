// The hard meter of a license, which the TPM counts (HardMeters in tpm/tpm.h): charged when the license is installed, read when it is proven.
#pragma once

#include "agent/licenses.h"
#include "protocol/meter_usage.h"

namespace holdfast {

// What terms say of the one that they have.
struct LicensedMeter {
  std::string limit;
  HardMeter tpm;            // charged with what was not used before
  int64_t used_before = 0;  // by an activation that was returned
};
// Of terms that have one which the TPM counts.
std::optional<LicensedMeter> HardMeterOf(const LicenseTerms& terms);
// The same, where it is that limit's.
std::optional<LicensedMeter> HardMeterOf(const LicenseTerms& terms, const std::string& limit);

// All that the TPM has counted of the license: before, and here. As HardMeters::MeterUsed.
Result<int64_t> UnitsUsed(const LicensedMeter& meter, const KeySet& keys, HardMeters& tpm);
// As HardMeters::UseMeter, where `by_ledger` units are used as well (CountedByLedger), of which the TPM does not know. `used` is all of them.
Result<HardMeters::Use> UseUnits(const LicensedMeter& meter, const KeySet& keys, int64_t amount,
                                 int64_t by_ledger, HardMeters& tpm);
// For a report or a return. Nothing: there is no hard meter. Check: tpm.meter (kRefused: it is lost, nobody knows).
Result<std::optional<MeterUsage>> HardUsage(const LicenseTerms& terms, const LicenseKeys& keys,
                                            HardMeters& tpm);

// Puts that beside what the ledger counted of the same limit, as long as the TPM did not. What was used before is in both, and counts once.
void AddHardUsage(std::vector<MeterUsage>& usage, const LicenseTerms& terms, const MeterUsage& hard);

// The license of `keys` is about to be installed: its meter is charged, if it was not yet; where the license has none, what the request made for
// one is removed as far as it can be. Checks: answer.meter (kRefused: not the place of this product key's meter), those of HardMeters::ChargeMeter.
Status PrepareInstalled(const LicenseTerms& terms, const std::string& product_key_id, HardMeters& tpm);

// The meter of a product key that was given up, with its license or its request, is removed as far as it can be, so that its space in the TPM is free.
void FreeMeter(const std::string& vendor, const std::string& product_key_id, HardMeters& tpm);

// Asks the TPM for what is used of each license that is proven and was not asked for yet. False: something could not be asked.
bool ReadHardMeters(std::vector<LoadedLicense>& licenses, HardMeters& tpm);
// What the view says of it then.
HardCount CountFrom(const Result<int64_t>& used);

}  // namespace holdfast
