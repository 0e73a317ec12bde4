#include "certs/path.h"

#include "certs/openssl_path.h"
#include "protocol/display_text.h"

namespace holdfast {
namespace {

constexpr std::string_view kGetAgain = "get the license file again from the vendor";

bool Issued(const Certificate& issuer, const Certificate& subject) {
  return subject.fields().issuer == issuer.fields().subject &&
         subject.fields().authority_key_id == issuer.subject_key_id() &&
         subject.algorithm() == AlgorithmFor(issuer.public_key().type());
}

bool Within(const Certificate& issuer, const Certificate& subject) {
  return issuer.fields().not_before <= subject.fields().not_before &&
         subject.fields().not_after <= issuer.fields().not_after;
}

Result<const Certificate*> FindRoot(const Certificate& issuing, const TrustAnchors& anchors) {
  for (const Certificate& root : anchors.roots)
    if (Issued(root, issuing)) return &root;
  return Refused(
      "path.anchor",
      "no trust anchor fits the issuing certificate of \"" + issuing.fields().subject.common_name + "\"",
      "it is of another vendor or another generation of keys; compare the roots that the "
      "product pins");
}

Status CheckNamesAndDates(const Certificate& leaf, const Certificate& issuing, const Certificate& root) {
  if (!Issued(issuing, leaf))
    return Refused("path.issuer", "the certificate is not of the issuing certificate beside it");
  if (!Within(root, issuing) || !Within(issuing, leaf))
    return Refused("path.dates", "a certificate is valid outside the time of its issuer");
  return {};
}

// A list that does not cover the certificate says nothing about it, and unknown is never good.
Status CheckScope(const Crl& crl, const Certificate& issuer, std::string_view uri) {
  const CrlFields& f = crl.fields();
  if (f.issuer != issuer.fields().subject || f.authority_key_id != issuer.subject_key_id())
    return Refused("path.crl", "a CRL of another issuer");
  if (f.uri != uri)
    return Refused("path.crl", "a CRL of another shard, which does not cover this certificate");
  return {};
}

Result<LicenseTerms> BoundTerms(const CertificateFields& license, const CertificateFields& root) {
  HOLDFAST_TRY(LicenseTerms terms, ParseTerms(license.terms_json));
  // Whoever trusts two vendors trusts each of them with its own licenses only.
  if (terms.vendor != root.subject.organization)
    return Refused("path.terms", "the terms are of vendor \"" + Quotable(terms.vendor) +
                                     "\" and the root is of \"" + root.subject.organization + "\"");
  if (terms.license != license.subject.common_name)
    return Refused("path.terms", "the terms are of another license than the certificate");
  // A perpetual license ends by its terms never, its certificate when it must (docs/decisions/0084).
  if (terms.expires && *terms.expires + terms.expiry_grace != license.not_after)
    return Refused("path.terms", "the certificate does not end when the terms and their grace do");
  return terms;
}

struct Judgement {
  Revocation revocation = Revocation::kGood;
  std::optional<RevokedEntry> entry;
};

// A revoked issuer outweighs what the issuer says about its license.
Judgement Judge(const LicenseFile& file) {
  if (file.root_crl)
    if (const RevokedEntry* entry = file.root_crl->Find(file.issuing.fields().serial))
      return {Revocation::kIssuerRevoked, *entry};
  if (const RevokedEntry* entry = file.crl.Find(file.license.fields().serial))
    return {Revocation::kRevoked, *entry};
  return {};
}

Status CheckAgreement(const LicenseFile& file, const OpensslRevocations& openssl) {
  const bool leaf = file.crl.Find(file.license.fields().serial) != nullptr;
  const bool issuing = file.root_crl && file.root_crl->Find(file.issuing.fields().serial) != nullptr;
  if (leaf != openssl.leaf || issuing != openssl.issuing)
    return Refused("path.openssl", "OpenSSL and we do not agree on what is revoked");
  return {};
}

Result<VerifiedLicense> Verify(const LicenseFile& file, const TrustAnchors& anchors) {
  HOLDFAST_TRY(const Certificate* root, FindRoot(file.issuing, anchors));
  HOLDFAST_CHECK(CheckNamesAndDates(file.license, file.issuing, *root));
  HOLDFAST_CHECK(CheckScope(file.crl, file.issuing, file.license.fields().crl_uri));
  if (file.root_crl) HOLDFAST_CHECK(CheckScope(*file.root_crl, *root, ""));
  HOLDFAST_TRY(const OpensslRevocations openssl,
               VerifyWithOpenssl({file.license, file.issuing, *root, &file.crl,
                                  file.root_crl ? &*file.root_crl : nullptr}));
  HOLDFAST_CHECK(CheckAgreement(file, openssl));
  // Only now, with every signature verified, does anybody interpret the terms.
  HOLDFAST_TRY(LicenseTerms terms, BoundTerms(file.license.fields(), root->fields()));
  const CertificateFields& license = file.license.fields();
  const CrlFields& crl = file.crl.fields();
  Judgement judgement = Judge(file);
  return VerifiedLicense{.terms = std::move(terms),
                         .serial = license.serial,
                         .customer = license.subject.organization,
                         .license_key = file.license.public_key(),
                         .not_before = license.not_before,
                         .not_after = license.not_after,
                         .revocation = judgement.revocation,
                         .revoked = std::move(judgement.entry),
                         .crl_number = crl.number,
                         .crl_this_update = crl.this_update,
                         .crl_next_update = crl.next_update,
                         .root = root->public_key().SpkiSha256()};
}

}  // namespace

Result<VerifiedLicense> VerifyLicense(const LicenseFile& file, const TrustAnchors& anchors) {
  return WithAdvice(Verify(file, anchors), kGetAgain);
}

Result<Sha256Digest> VerifyMessageCertificate(const Certificate& message, const Certificate& issuing,
                                              const TrustAnchors& anchors) {
  HOLDFAST_TRY(const Certificate* root, FindRoot(issuing, anchors));
  HOLDFAST_CHECK(CheckNamesAndDates(message, issuing, *root));
  HOLDFAST_TRY([[maybe_unused]] auto none, VerifyWithOpenssl({message, issuing, *root}));
  return root->public_key().SpkiSha256();
}

}  // namespace holdfast
