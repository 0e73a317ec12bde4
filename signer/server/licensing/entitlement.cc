// What a request may have: the license that its product key was sold for, and what is known of its TPM.
#include "signer/server/licensing/licensing.h"
#include "signer/server/verifier/ledger.h"

namespace holdfast {
namespace {

constexpr Seconds kBackdating{3600};        // so that hosts whose clocks are slow can verify at once
constexpr Seconds kReservationLife{86400};  // then a reservation that was never signed is made anew

EkSighting SightingFrom(const SightingRecord& record, const std::string& license) {
  EkSighting sighting{.gate_index = record.gate_index,
                      .gate_base = record.gate_base,
                      .clock_ms = record.clock_ms,
                      .reset_count = record.reset_count,
                      .restart_count = record.restart_count,
                      .same_license = record.license == license};
  std::copy_n(record.content_hash.begin(), std::min(record.content_hash.size(), sighting.content_hash.size()),
              sighting.content_hash.begin());
  return sighting;
}

SightingRecord RecordFrom(const ActivationRequest& request, const AttestationResult& appraised,
                          const std::string& license, Time now) {
  const EkSighting sighting = SightingOf(request, appraised);
  return {.ek_name = appraised.ek_name,
          .license = license,
          .content_hash = ToBytes(ByteView(sighting.content_hash)),
          .gate_index = sighting.gate_index,
          .gate_base = sighting.gate_base,
          .clock_ms = sighting.clock_ms,
          .reset_count = sighting.reset_count,
          .restart_count = sighting.restart_count,
          .seen = now};
}

Status CheckNotExpired(const LicenseTerms& terms, Time now) {
  if (!terms.expires || *terms.expires + terms.expiry_grace > now) return {};
  return Fail(ErrorKind::kDenied, "licensing.expired",
              "license " + terms.license + " expired at " + FormatTime(*terms.expires), "sell a new license");
}

std::vector<std::string> NamesOf(const std::vector<AppraisalNote>& notes) {
  std::vector<std::string> names;
  for (const AppraisalNote& note : notes) names.push_back(note.name);
  return names;
}

// The store judges by it when it has the EK's history at hand and nobody else can add to it.
HistoryCheck CheckWith(const ActivationRequest& request, const AttestationResult& appraised,
                       const std::string& license) {
  return [now = SightingOf(request, appraised),
          license](const std::vector<SightingRecord>& records) -> Result<std::vector<std::string>> {
    std::vector<EkSighting> sightings;
    for (const SightingRecord& record : records) sightings.push_back(SightingFrom(record, license));
    HOLDFAST_TRY(const auto notes, CheckLedger(sightings, now));
    return NamesOf(notes);
  };
}

}  // namespace

Result<Licensing::Entitlement> Licensing::FindEntitlement(const RequestContent& content) {
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
  HOLDFAST_TRY(const ProductRecord record, store_.GetProduct(license->product, license->product_version));
  HOLDFAST_TRY(ProductFile product, ParseProductFile(record.file));
  const auto plan = product.plans.find(license->plan);
  if (plan == product.plans.end())
    return Fail(ErrorKind::kInternal, "licensing.plan",
                "product \"" + license->product + "\" has no plan \"" + license->plan + "\" in version " +
                    std::to_string(record.version));
  return Entitlement{std::move(*license), std::move(product.line), std::move(plan->second)};
}

Result<ActivationProposal> Licensing::Propose(const Entitlement& entitlement,
                                              const ActivationRequest& request,
                                              const AttestationResult& appraised,
                                              const SignerStatus& status) const {
  const LicenseRecord& license = entitlement.license;
  const Time now = clock_();
  const LicenseTerms terms = ResolvePlan(
      entitlement.plan,
      {license.id, settings_.vendor, license.product, license.plan, license.created, appraised.assurance});
  HOLDFAST_CHECK(CheckNotExpired(terms, now));
  HOLDFAST_TRY(const IssuerInfo issuer, CurrentIssuer(status, entitlement.line));
  HOLDFAST_TRY(const auto issuing,
               Certificate::Parse(issuer.issuing_certificate, CertificateProfile::kIssuing));
  const Time last = issuing.fields().not_after;
  if (terms.expires && *terms.expires + terms.expiry_grace > last)
    return Fail(ErrorKind::kConflict, "licensing.issuer_lifetime",
                "the license would outlive its issuing key, which ends " + FormatTime(last),
                "make a new one with `holdfast-vendor issuer rotate`");
  ActivationProposal proposal{.id = NewRecordId(), .license = license.id, .ek_name = appraised.ek_name};
  proposal.content_hash = ToBytes(ByteView(request.content_hash));
  proposal.license_key_name = appraised.license_key_name;
  proposal.serial = NewSerial();
  proposal.line = entitlement.line;
  proposal.issuer_key_id = issuing.subject_key_id();
  proposal.not_before = std::max(issuing.fields().not_before, now - kBackdating);
  proposal.oldest_not_before = now - kBackdating - kReservationLife;
  proposal.not_after = terms.expires ? *terms.expires + terms.expiry_grace
                                     : std::min(last, now + settings_.perpetual_validity);
  proposal.terms = FormatTerms(terms);
  const auto host = request.content.host.find("hostname");
  if (host != request.content.host.end()) proposal.host = host->second;
  proposal.sighting = RecordFrom(request, appraised, license.id, now);
  HOLDFAST_TRY(proposal.revoked_issuers, RevokedIssuers(status));
  proposal.notes = NamesOf(appraised.notes);
  proposal.check_history = CheckWith(request, appraised, license.id);
  return proposal;
}

}  // namespace holdfast
