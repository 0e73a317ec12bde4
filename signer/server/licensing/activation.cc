// From a request file to a sealed answer.
#include "certs/path.h"
#include "protocol/answer.h"
#include "signer/server/licensing/licensing.h"
#include "signer/server/licensing/notes_of_place.h"

namespace holdfast {
namespace {

AppraisalPolicy PolicyFor(const LicenseRecord& license, const Plan& plan, const LicensingSettings& settings) {
  return {.vendor = settings.vendor,
          .product = license.product,
          .possession_key = license.possession_key,
          .assurance = plan.assurance,
          .allow_simulator = plan.allow_simulator,
          .ek_roots = settings.ek_roots,
          .pinned_eks = settings.ek_policy.pinned,
          .denied_manufacturers = settings.ek_policy.denied_manufacturers,
          .denied_firmware = settings.ek_policy.denied_firmware};
}

// The certificate must be what was reserved before it is recorded for good.
Status CheckCertificate(ByteView der, const ActivationRecord& reserved, const std::string& customer,
                        const PublicKey& license_key, const Certificate& issuing) {
  HOLDFAST_TRY(const auto certificate, Certificate::Parse(der, CertificateProfile::kLicense));
  const CertificateFields& fields = certificate.fields();
  if (fields.authority_key_id != reserved.issuer_key_id)
    return Fail(ErrorKind::kUnavailable, "licensing.issuer_changed",
                "the issuing key was rotated while the license was being signed", "try again");
  const DistinguishedName subject{customer, reserved.license};
  if (fields.serial != reserved.serial || fields.subject != subject ||
      fields.subject_spki != license_key.spki() || fields.terms_json != reserved.terms ||
      fields.not_before != reserved.not_before || fields.not_after != reserved.not_after ||
      fields.crl_uri != CrlUri(reserved.issuer_key_id, reserved.shard))
    return Refused("licensing.certificate", "the signer's certificate is not what was ordered",
                   "look at the signer and its audit log");
  return certificate.VerifySignature(issuing.public_key());
}

Status CheckRelease(const std::string& license_file, const PublicKey& license_key,
                    const TrustAnchors& roots) {
  HOLDFAST_TRY(const LicenseFile parsed, ParseLicenseFile(license_file));
  HOLDFAST_TRY(const VerifiedLicense verified, VerifyLicense(parsed, roots));
  if (verified.revocation != Revocation::kGood)
    return Fail(ErrorKind::kConflict, "licensing.certificate",
                "the license was revoked while it was being answered", "see `holdfast-vendor license show`");
  if (verified.license_key.spki() != license_key.spki())
    return Refused("licensing.certificate", "the license is for another key");
  return {};
}

std::string Preamble(const ActivationRecord& activation, const LicenseRecord& license,
                     AssuranceClass assurance) {
  const std::string to = assurance == AssuranceClass::kHost ? "host" : "TPM";
  std::string text = "Holdfast answer: a license, sealed to the " + to + " that asked for it.\n";
  text += "Product: " + license.product + "\nLicense: " + license.id + "\n";
  if (!activation.host.empty()) text += "Host: " + activation.host + "\n";
  return text + "Install it on that host with: holdfast install FILE\n";
}

// The same check, whose notes are also added to `notes`; none where there is no history to check.
HistoryCheck AddingTo(std::vector<std::string>& notes, HistoryCheck check) {
  if (!check) return {};
  return [&notes, check = std::move(check)](const std::vector<SightingRecord>& seen) {
    auto more = check(seen);
    if (more) notes.insert(notes.end(), more->begin(), more->end());
    return more;
  };
}

// What came of it for the license's other activations.
Status DescribePlace(Store& store, bool is_repair, AnsweredRequest& answered) {
  const ActivationRecord& activation = answered.activation;
  HOLDFAST_TRY(answered.license, store.GetLicense(activation.license));
  HOLDFAST_TRY(const auto repairs, store.ListRepairs(activation.license));
  for (const RepairedActivation& repair : repairs)
    if (repair.replacement == activation.id) answered.repaired = repair;
  HOLDFAST_TRY(const auto all, store.ListActivations(activation.license));
  if (is_repair && !answered.repaired) answered.notes.emplace_back(kRepairUnusedNote);
  if (OfTheSameName(activation, all)) answered.notes.emplace_back(kSameNameNote);
  return {};
}

}  // namespace

Result<Applicant> Licensing::Admit(const ActivationRequest& request, const Entitlement& entitlement) {
  HOLDFAST_TRY(const AttestationResult appraised,
               Appraise(request, PolicyFor(entitlement.license, entitlement.plan, settings_), clock_()));
  return ApplicantWithTpm(request, appraised, entitlement.license.id, clock_());
}

Result<Applicant> Licensing::Admit(const HostRequest& request, const Entitlement& entitlement) {
  HOLDFAST_TRY(const HostAppraisal appraised,
               AppraiseHost(request, PolicyFor(entitlement.license, entitlement.plan, settings_)));
  HOLDFAST_TRY(const auto activations, store_.ListActivations(entitlement.license.id));
  return ApplicantWithoutTpm(request, appraised, activations);
}

Result<SealedContentKeys> Licensing::SealKeys(const std::string& terms_json,
                                              const Applicant& applicant) const {
  HOLDFAST_TRY(const LicenseTerms terms, ParseTerms(terms_json));
  SealedContentKeys sealed;
  for (const std::string& name : AllKeys(terms.grants, terms.fallback)) {
    HOLDFAST_TRY(const Secret key, settings_.content_keys.Read({terms.product, name}));
    if (!applicant.seal_key)
      return Fail(ErrorKind::kInternal, "content_key.parent", "a content key is sealed to a TPM");
    HOLDFAST_TRY(sealed[name], applicant.seal_key(key));
  }
  return sealed;
}

Result<AnsweredRequest> Licensing::Answer(const std::string& actor, std::string_view request_file) {
  HOLDFAST_TRY(const AnyRequest request, ReadAnyRequestFile(request_file));
  HOLDFAST_TRY(const Entitlement entitlement, FindEntitlement(HeadOf(request)));
  HOLDFAST_TRY(const Applicant applicant,
               std::visit([&](const auto& r) { return Admit(r, entitlement); }, request));
  HOLDFAST_TRY(const SignerStatus status, AskSigner());
  HOLDFAST_TRY(ActivationProposal proposal, Propose(entitlement, request, applicant, status));
  // Before anything is reserved, so that a key that is missing costs nothing.
  HOLDFAST_CHECK(SealKeys(proposal.terms, applicant));
  std::vector<std::string> notes = proposal.notes;
  proposal.check_history = AddingTo(notes, std::move(proposal.check_history));
  HOLDFAST_TRY(const ActivationRecord reserved, store_.ReserveActivation(ChangeBy(actor), proposal));
  HOLDFAST_TRY(ActivationRecord issued, Issue(actor, reserved, entitlement, applicant.license_key, status));
  HOLDFAST_TRY(const std::string license_file, PackLicense(actor, issued, applicant.license_key, status));
  // Those that the certificate names, which may be older than the plan is now.
  HOLDFAST_TRY(const SealedContentKeys keys, SealKeys(issued.terms, applicant));
  HOLDFAST_TRY(const std::string jwe, applicant.seal(FormatAnswerContent({license_file, keys})));
  const bool repeated = reserved.state == ActivationState::kIssued;
  std::string file = ArmorAnswer(jwe, Preamble(issued, entitlement.license, applicant.assurance));
  AnsweredRequest answered{std::move(file), std::move(issued), applicant.assurance, std::move(notes),
                           repeated};
  HOLDFAST_CHECK(DescribePlace(store_, HeadOf(request).repair.has_value(), answered));
  return answered;
}

Result<ActivationRecord> Licensing::Issue(const std::string& actor, const ActivationRecord& reserved,
                                          const Entitlement& entitlement, const PublicKey& license_key,
                                          const SignerStatus& status) {
  if (reserved.state == ActivationState::kIssued) return reserved;
  const std::string& customer = entitlement.license.customer;
  HOLDFAST_TRY(const Bytes der, signer_.IssueLicense({.line = reserved.line,
                                                      .serial = reserved.serial,
                                                      .license_id = reserved.license,
                                                      .customer = customer,
                                                      .not_before = reserved.not_before,
                                                      .not_after = reserved.not_after,
                                                      .subject_spki = license_key.spki(),
                                                      .terms_json = reserved.terms,
                                                      .shard = reserved.shard,
                                                      .reason = "activation " + reserved.id}));
  HOLDFAST_TRY(const IssuerInfo issuer, IssuerByKeyId(status, reserved.issuer_key_id));
  HOLDFAST_TRY(const auto issuing,
               Certificate::Parse(issuer.issuing_certificate, CertificateProfile::kIssuing));
  HOLDFAST_CHECK(CheckCertificate(der, reserved, customer, license_key, issuing));
  return store_.RecordIssued(ChangeBy(actor), reserved.id, der);
}

Result<std::string> Licensing::PackFile(const std::string& actor, const ActivationRecord& issued,
                                        const SignerStatus& status) {
  HOLDFAST_TRY(const CrlRecord list, CurrentCrl(actor, {issued.line, issued.issuer_key_id, issued.shard}));
  HOLDFAST_TRY(const IssuerInfo issuer, IssuerByKeyId(status, issued.issuer_key_id));
  HOLDFAST_TRY(auto license, Certificate::Parse(issued.certificate, CertificateProfile::kLicense));
  HOLDFAST_TRY(auto issuing, Certificate::Parse(issuer.issuing_certificate, CertificateProfile::kIssuing));
  HOLDFAST_TRY(auto crl, Crl::Parse(list.der));
  LicenseFile file{std::move(license), std::move(issuing), std::move(crl), std::nullopt};
  if (!status.root_crl.empty()) {
    HOLDFAST_TRY(file.root_crl, Crl::Parse(status.root_crl));
  }
  return FormatLicenseFile(file);
}

Result<std::string> Licensing::PackLicense(const std::string& actor, const ActivationRecord& issued,
                                           const PublicKey& license_key, const SignerStatus& status) {
  HOLDFAST_TRY(const std::string text, PackFile(actor, issued, status));
  HOLDFAST_CHECK(CheckRelease(text, license_key, settings_.roots));
  return text;
}

}  // namespace holdfast
