// Break-glass: a voucher that came with the license is used, so that work goes on although the license has ended or the vendor was not heard
// of. Wants the state directory's lock held by the caller.
#pragma once

#include "agent/time_exchange.h"

namespace holdfast {

struct BreakGlassOptions {
  std::string product;  // empty: the only one
  bool dry_run = false;
};
struct BreakGlassOutcome {
  std::string product, license;
  Time until;    // by owned time
  int left = 0;  // vouchers, after it
};
// `licenses`: proven, and judged by the books. Checks: break_glass.nothing (kNotFound), break_glass.product (kUsage: several),
// break_glass.state (kConflict: the license needs none, or is in a state that none helps out of), those of Books::UseVoucher.
Result<BreakGlassOutcome> BreakGlass(const BreakGlassOptions& options,
                                     const std::vector<LicenseView>& licenses, bool use_tpm,
                                     const TimeKeeper& keeper);

}  // namespace holdfast
