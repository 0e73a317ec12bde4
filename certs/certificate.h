// The four certificate profiles of Holdfast, closed: what has not exactly this shape is refused, whatever a
// general X.509 library thinks of it (docs/formats.md, "Certificates"; knowledge: general libraries accept
// much that a license must not be).
//
//            subject              key usage              extended key usage   basic constraints
//  root      O vendor, CN name    keyCertSign, cRLSign   -                    CA, critical
//  issuing   O vendor, CN line    keyCertSign, cRLSign   -                    CA, pathLen 0, critical
//  license   O customer, CN id    digitalSignature       license, critical    critical, empty
//  message   O vendor, CN line    digitalSignature       message, critical    critical, empty
//
// All: v3, serial of 1 to 20 octets positive, UTCTime/GeneralizedTime as RFC 5280 4.1.2.5, SKI, AKI (except
// root), keyUsage critical. License: a CRL distribution point of one URI, and the terms extension, each
// exactly once.
#pragma once

#include <optional>

#include "certs/name.h"
#include "protocol/crypto/public_key.h"
#include "protocol/time.h"

namespace holdfast {

enum class CertificateProfile { kRoot, kIssuing, kLicense, kMessage };

inline constexpr size_t kMaxCertificateSize = 32 * 1024;

// notAfter of what does not expire (RFC 5280 4.1.2.5): 99991231235959Z.
inline constexpr Time kNoExpiry =
    std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) + std::chrono::seconds(86399);

struct CertificateFields {
  CertificateProfile profile = CertificateProfile::kLicense;
  Bytes serial;  // big-endian, 1 to 20 octets, first bit clear, first octet not zero
  DistinguishedName issuer, subject;
  Time not_before, not_after;
  Bytes subject_spki;      // DER
  Bytes authority_key_id;  // 20 octets; empty for a root
  std::string crl_uri;     // license only: "urn:holdfast:crl:<hex SKI of issuer>:<shard>"
  std::string terms_json;  // license only
  bool operator==(const CertificateFields&) const = default;
};

// keyIdentifier, RFC 5280 4.2.1.2 (1): SHA-1 of the subjectPublicKey bits.
Bytes KeyIdentifier(const PublicKey& key);

// TBSCertificate, DER. `algorithm` is that of the issuer's key. Check: certificate.<field>.
Result<Bytes> BuildTbsCertificate(const CertificateFields& fields, SignatureAlgorithm algorithm);
// Certificate or CertificateList from its TBS and the signature (ECDSA: raw form, converted here).
Result<Bytes> AssembleSigned(ByteView tbs, SignatureAlgorithm algorithm, ByteView raw_signature);

class Certificate {
 public:
  // Parses DER of exactly the given profile. Verifies no signature and no time. Checks: certificate.size,
  // certificate.der, certificate.<field or extension>.
  // `known`: a key that was parsed before; when the certificate has that key, octet for octet, its point is
  // not checked to be on the curve again.
  static Result<Certificate> Parse(ByteView der, CertificateProfile profile,
                                   const PublicKey* known = nullptr);

  const CertificateFields& fields() const { return fields_; }
  const PublicKey& public_key() const { return key_; }
  const Bytes& der() const { return der_; }
  ByteView tbs() const { return ByteView(der_).subspan(tbs_offset_, tbs_size_); }
  SignatureAlgorithm algorithm() const { return algorithm_; }  // what the issuer signed with
  const Bytes& signature() const { return signature_; }        // DER form for ECDSA
  const Bytes& subject_key_id() const { return subject_key_id_; }
  // Signature by `issuer` over the TBS, algorithm fixed by the issuer's key. Check: certificate.signature.
  Status VerifySignature(const PublicKey& issuer) const;

 private:
  Certificate(CertificateFields fields, PublicKey key) : fields_(std::move(fields)), key_(std::move(key)) {}
  CertificateFields fields_;
  PublicKey key_;
  Bytes der_;
  size_t tbs_offset_ = 0, tbs_size_ = 0;
  SignatureAlgorithm algorithm_ = SignatureAlgorithm::kEcdsaSha256;
  Bytes signature_, subject_key_id_;
};

}  // namespace holdfast
