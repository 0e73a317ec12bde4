// What a request may have: the license that its product key was sold for, and what is known of its TPM.
#include "certs/serial.h"
#include "signer/server/licensing/licensing.h"
#include "signer/server/licensing/meter_pin.h"
#include "signer/server/licensing/sold_plan.h"

namespace holdfast {
namespace {

constexpr Seconds kReservationLife{86400};  // then a reservation that was never signed is made anew

Status CheckNotExpired(const LicenseTerms& terms, Time now) {
  if (!terms.expires || *terms.expires + terms.expiry_grace > now) return {};
  return Fail(
      ErrorKind::kDenied, "licensing.expired",
      "license " + terms.license + " expired at " + FormatTime(*terms.expires),
      "renew it with `holdfast-vendor license renew " + terms.license + " --for 365d`, then answer again");
}

// What becomes of terms; `last`: the end of the key that issues them.
Result<ProposedTerms> Proposed(const LicenseTerms& terms, Time now, Time last, Seconds perpetual) {
  HOLDFAST_CHECK(CheckNotExpired(terms, now));
  if (terms.expires && *terms.expires + terms.expiry_grace > last)
    return Fail(ErrorKind::kConflict, "licensing.issuer_lifetime",
                "the license would outlive its issuing key, which ends " + FormatTime(last),
                "make a new one with `holdfast-vendor issuer rotate`");
  const Time end = terms.expires ? *terms.expires + terms.expiry_grace : std::min(last, now + perpetual);
  return ProposedTerms{FormatTerms(terms), terms.expires, end};
}

}  // namespace

Result<Licensing::Entitlement> Licensing::FindEntitlement(const RequestHead& content) {
  if (content.vendor != settings_.vendor)
    return Refused(
        "licensing.vendor",
        "the request is for vendor \"" + content.vendor + "\", this is \"" + settings_.vendor + "\"",
        "send it to that vendor");
  auto license = store_.FindLicenseByProductKey(content.product_key_id);
  if (!license && license.error().kind == ErrorKind::kNotFound)
    return Refused("licensing.product_key", "no license was sold with product key " + content.product_key_id,
                   "check the directory, and that the store was not restored from before the sale");
  if (!license) return tl::unexpected(license.error());
  return EntitlementOf(std::move(*license));
}

Result<Licensing::Entitlement> Licensing::EntitlementOf(LicenseRecord license) {
  HOLDFAST_TRY(SoldPlan sold, FindSoldPlan(store_, license));
  return Entitlement{std::move(license), std::move(sold.line), std::move(sold.plan)};
}

Result<ActivationProposal> Licensing::ProposalFor(const Entitlement& entitlement, const LicensedHost& host,
                                                  const SignerStatus& status) const {
  const Time now = clock_();
  HOLDFAST_CHECK(
      CheckNotExpired(TermsOf(entitlement.license, entitlement.plan, settings_.vendor, host, now), now));
  HOLDFAST_TRY(const IssuerInfo issuer, CurrentIssuer(status, entitlement.line));
  HOLDFAST_TRY(const auto issuing,
               Certificate::Parse(issuer.issuing_certificate, CertificateProfile::kIssuing));
  ActivationProposal proposal{.id = NewRecordId(), .license = entitlement.license.id};
  proposal.serial = NewSerial();
  proposal.line = entitlement.line;
  proposal.issuer_key_id = issuing.subject_key_id();
  proposal.not_before = std::max(issuing.fields().not_before, now - kLicenseBackdating);
  proposal.oldest_not_before = now - kLicenseBackdating - kReservationLife;
  proposal.make_terms = [plan = entitlement.plan, vendor = settings_.vendor, host, now,
                         last = issuing.fields().not_after, perpetual = settings_.perpetual_validity](
                            const LicenseRecord& license, const std::vector<MeterUsage>& used) {
    LicensedHost with = host;
    with.used = used;
    return Proposed(TermsOf(license, plan, vendor, with, now), now, last, perpetual);
  };
  HOLDFAST_TRY(const ProposedTerms terms, proposal.make_terms(entitlement.license, host.used));
  proposal.terms = terms.json;
  proposal.not_after = terms.not_after;
  HOLDFAST_TRY(proposal.revoked_issuers, RevokedIssuers(status));
  return proposal;
}

Result<ActivationProposal> Licensing::Propose(const Entitlement& entitlement, const AnyRequest& request,
                                              const Applicant& applicant, const SignerStatus& status) const {
  HOLDFAST_TRY(const auto activations, store_.ListActivations(entitlement.license.id));
  const auto meter = MeterOfActivation(activations, applicant.host_name, entitlement.plan, applicant.meter);
  const LicensedHost host{applicant.assurance, applicant.fingerprint, applicant.ledger, meter, {}};
  HOLDFAST_TRY(ActivationProposal proposal, ProposalFor(entitlement, host, status));
  proposal.ek_name = applicant.host_name;
  proposal.content_hash = ToBytes(ByteView(SignedPart(request).content_hash));
  proposal.license_key_name = applicant.license_key_name;
  proposal.ak_public = applicant.ak_public;
  if (const auto& repair = HeadOf(request).repair)
    proposal.repair = RepairProposal{repair->serial, entitlement.plan.repairs.value_or(Repairs{}).per_year};
  const auto& facts = HeadOf(request).host;
  if (const auto host = facts.find("hostname"); host != facts.end()) proposal.host = host->second;
  proposal.sighting = applicant.sighting;
  proposal.notes = applicant.notes;
  if (IsHardMeterSoft(entitlement.plan, meter)) proposal.notes.emplace_back("meter.ledger");
  proposal.check_history = applicant.check_history;
  return proposal;
}

}  // namespace holdfast
