// The certificate that a host should have: issued anew for the same key when the license is not what its certificate says any more.
#include <algorithm>

#include "signer/server/licensing/heartbeats.h"
#include "signer/server/licensing/meter_pin.h"
#include "signer/server/licensing/reporter.h"
#include "signer/server/licensing/sold_plan.h"

namespace holdfast {
namespace {

// A certificate of a license that never expires ends all the same: it is made anew when a tenth of the time has passed.
constexpr int kRenewedInItsLife = 10;

bool IsStale(const ActivationRecord& current, const ActivationProposal& proposal, const LicenseTerms& terms,
             Seconds perpetual_validity) {
  if (current.terms != proposal.terms) return true;
  if (std::ranges::find(proposal.revoked_issuers, current.issuer_key_id) != proposal.revoked_issuers.end())
    return true;
  return !terms.expires && proposal.not_after - current.not_after > perpetual_validity / kRenewedInItsLife;
}

// The gate is that of the request, which the key still hangs on: so a return ends the new certificate as well.
Result<std::optional<SightingRecord>> SightingFor(Store& store, const ActivationRecord& current,
                                                  const Bytes& report_id, const tpm::ClockInfo& clock,
                                                  Time now) {
  HOLDFAST_TRY(const auto sightings, store.ListSightings(current.license));
  for (SightingRecord sighting : sightings) {
    if (sighting.content_hash != current.content_hash) continue;
    sighting.content_hash = report_id;
    sighting.clock_ms = clock.clock_ms;
    sighting.reset_count = clock.reset_count;
    sighting.restart_count = clock.restart_count;
    sighting.seen = now;
    return std::optional<SightingRecord>(std::move(sighting));
  }
  return std::optional<SightingRecord>();
}

// What the activation that was returned had used up; nothing of none.
Result<std::vector<MeterUsage>> UnitsOf(Store& store, const std::string& license,
                                        const std::string& returned) {
  if (returned.empty()) return std::vector<MeterUsage>();
  HOLDFAST_TRY(const auto returns, store.ListReturns(license));
  for (const ReturnRecord& record : returns)
    if (record.activation == returned && record.units != UnitCount::kNone) return record.used;
  return std::vector<MeterUsage>();
}

// What ended or was renewed meanwhile is judged anew, and told for what it is then.
Result<ActivationRecord> OrOvertaken(Result<ActivationRecord> result) {
  if (result) return result;
  const std::string& check = result.error().check;
  if (check != "store.overtaken" && check != "store.returned" && check != "store.lapsed") return result;
  return Fail(ErrorKind::kUnavailable, kOvertaken,
              "the license ended, or was renewed, while the report was being answered", "try again");
}

}  // namespace

Result<ActivationRecord> Licensing::Refresh(const std::string& actor, const Reporter& reporter,
                                            const AnsweredHeartbeat& answered, const tpm::ClockInfo& clock,
                                            const SignerStatus& status, bool dry_run) {
  const ActivationRecord& current = *reporter.current;
  if (answered.license.status != LicenseStatus::kActive) return current;
  HOLDFAST_TRY(const Entitlement entitlement, EntitlementOf(answered.license));
  const LicenseTerms& old = reporter.terms;
  HOLDFAST_TRY(auto used, UnitsOf(store_, current.license, current.takes_over));
  const LicensedHost host{old.assurance, old.fingerprint, old.ledger, MeterOfRenewal(old, entitlement.plan),
                          std::move(used)};
  const LicenseTerms terms =
      TermsOf(answered.license, entitlement.plan, settings_.vendor, host, answered.seen);
  auto proposed = ProposalFor(entitlement, host, status);
  // Over, and not renewed: the host has what there is. So does one whose certificate says all, while no longer one can be made.
  if (!proposed && (proposed.error().check == "licensing.expired" || current.terms == FormatTerms(terms)))
    return current;
  HOLDFAST_TRY(ActivationProposal proposal, std::move(proposed));
  if (!IsStale(current, proposal, terms, settings_.perpetual_validity)) return current;
  proposal.renews = current.id;
  proposal.ek_name = current.ek_name;
  proposal.content_hash = ToBytes(ByteView(answered.report.id));
  proposal.license_key_name = current.license_key_name;
  proposal.ak_public = current.ak_public;
  proposal.host = HostNameOf(answered.report.report);
  if (proposal.host.empty()) proposal.host = current.host;
  proposal.notes = answered.notes;
  HOLDFAST_TRY(proposal.sighting, SightingFor(store_, current, proposal.content_hash, clock, answered.seen));
  if (dry_run) {
    ActivationRecord would = current;
    would.serial = proposal.serial;
    would.terms = proposal.terms;
    would.not_before = proposal.not_before;
    would.not_after = proposal.not_after;
    return would;
  }
  HOLDFAST_TRY(const auto certificate, Certificate::Parse(current.certificate, CertificateProfile::kLicense));
  HOLDFAST_TRY(const ActivationRecord reserved,
               OrOvertaken(store_.ReserveActivation(ChangeBy(actor), proposal)));
  return OrOvertaken(Issue(actor, reserved, entitlement, certificate.public_key(), status));
}

}  // namespace holdfast
