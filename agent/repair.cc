#include "agent/repair.h"

namespace holdfast {

Result<std::optional<Time>> BeginEmergency(const std::string& product,
                                           const std::vector<LicenseView>& licenses,
                                           const TimeKeeper& keeper) {
  for (const LicenseView& license : licenses) {
    if (license.product != product || !license.verified) continue;
    const LicenseTerms& terms = license.verified->terms;
    if (!terms.repairs || license.hardware != HardwareProof::kWrongHardware) continue;
    const bool use_tpm = terms.assurance != AssuranceClass::kHost;
    return keeper.books.BeginRepair(use_tpm, IdOf(*license.verified), license.verified->serial,
                                    *terms.repairs);
  }
  return std::nullopt;
}

}  // namespace holdfast
