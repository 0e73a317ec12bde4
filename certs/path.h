// Verification of a license file to a trust anchor (RFC 5280 section 6), with the depth fixed: root, issuing,
// license. Two judges must agree (docs/decisions/0031): ours about profiles, names, keys, dates, CRL scope and
// terms; OpenSSL's X509_verify_cert in strict mode about the path again, with the CRLs and all signatures. Time
// is not judged here: the result carries the dates, and Decide (agent/enforcement) draws the consequences.
#pragma once

#include "certs/license_file.h"
#include "protocol/terms.h"

namespace holdfast {

enum class Revocation { kGood, kRevoked, kIssuerRevoked };

struct VerifiedLicense {
  LicenseTerms terms;
  Bytes serial;
  std::string customer;  // subject O
  PublicKey license_key;
  Time not_before, not_after;
  Revocation revocation = Revocation::kGood;
  std::optional<RevokedEntry> revoked;
  int64_t crl_number = 0;
  Time crl_this_update, crl_next_update;
  Sha256Digest root;  // SPKI hash of the anchor that it leads to
};

// Checks: path.anchor (no root fits), path.issuer, path.dates (a certificate outlives its issuer), path.crl
// (wrong issuer or shard), path.signature (of a certificate or CRL), path.openssl, path.terms (terms disagree
// with the certificate, or name another vendor than the root's organization), path.internal (out of memory), and
// those of ParseTerms.
Result<VerifiedLicense> VerifyLicense(const LicenseFile& file, const TrustAnchors& anchors);

// The vendor's message certificate, for product keys and what the vendor says to hosts: message <- issuing <- root. The SPKI hash of that root,
// as VerifiedLicense::root: several pinned roots may bear one name.
// Checks: path.anchor, path.issuer, path.dates, path.signature, path.openssl, path.internal.
Result<Sha256Digest> VerifyMessageCertificate(const Certificate& message, const Certificate& issuing,
                                              const TrustAnchors& anchors);

}  // namespace holdfast
