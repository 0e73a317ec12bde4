#include "agent/break_glass.h"

#include <algorithm>

namespace holdfast {
namespace {

Result<const LicenseView*> Choose(const std::vector<LicenseView>& licenses, const std::string& product) {
  if (product.empty() && licenses.size() > 1)
    return Fail(ErrorKind::kUsage, "break_glass.product", "licenses for several products are installed",
                "name one with --product");
  for (const LicenseView& license : licenses)
    if (license.verified && (product.empty() || license.product == product)) return &license;
  return Fail(ErrorKind::kNotFound, "break_glass.nothing",
              "no license " + (product.empty() ? "" : "for " + product + " ") + "is installed here",
              "see holdfast status");
}

// A voucher is not used up where nothing comes of it.
Status CheckHelps(const LicenseView& license, const Situation& now) {
  LicenseView without = license;
  without.voucher.reset();
  without.repair.reset();
  const Standing standing = Assess(without, now);
  const bool fine =
      standing.grants != nullptr && (!IsForVouchers(standing.state) || license.verified->terms.advisory);
  if (IsForVouchers(standing.state) && license.ledger == LedgerStanding::kGood && !fine) return {};
  return Fail(
      ErrorKind::kConflict, "break_glass.state",
      "the license is " + std::string(StateName(standing.state)) +
          (fine ? ": nothing is denied that a voucher would grant" : ", which no voucher helps out of"),
      fine ? "keep the vouchers for when it has ended" : std::string(ReasonAdvice(standing.reasons.front())));
}

}  // namespace

Result<BreakGlassOutcome> BreakGlass(const BreakGlassOptions& options,
                                     const std::vector<LicenseView>& licenses, bool use_tpm,
                                     const TimeKeeper& keeper) {
  HOLDFAST_TRY(const LicenseView* license, Choose(licenses, options.product));
  const TimeReading reading = keeper.time.Read();
  HOLDFAST_CHECK(CheckHelps(*license, reading));
  const LicenseTerms& terms = license->verified->terms;
  const LicenseId id = IdOf(*license->verified);
  HOLDFAST_TRY(const VoucherRecord used, options.dry_run
                                             ? keeper.books.TryVoucher(use_tpm, id, terms.vouchers)
                                             : keeper.books.UseVoucher(use_tpm, id, terms.vouchers));
  return BreakGlassOutcome{terms.product, terms.license, used.last.until, terms.vouchers->count - used.used};
}

}  // namespace holdfast
