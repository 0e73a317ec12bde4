// Good PKIs with software keys, for everybody's tests. All helpers abort the process when they cannot do
// what they promise, so that a test never goes on with half a PKI. Keys of one TestPki are fresh.
#pragma once

#include <memory>

#include "certs/license_file.h"
#include "certs/signing_key.h"
#include "protocol/terms.h"

namespace holdfast::testing {

// The "now" of the objects made here: their validity begins before it.
inline constexpr Time kPkiNow =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + std::chrono::hours(6);

class SoftwareKey : public SigningKey {
 public:
  // RSA: 3072 bits, which takes some tenths of a second.
  static std::shared_ptr<SoftwareKey> Generate(KeyType type);

  const PublicKey& public_key() const override { return public_key_; }
  Result<Bytes> SignDigest(ByteView digest) override;
  // Over a message, hashed by AlgorithmFor's hash: what a token's key would do for us.
  Bytes Sign(ByteView message);

 private:
  SoftwareKey(std::shared_ptr<void> pkey, PublicKey public_key)
      : pkey_(std::move(pkey)), public_key_(std::move(public_key)) {}
  std::shared_ptr<void> pkey_;  // EVP_PKEY
  PublicKey public_key_;
};

// TBS -> signed object, by the algorithm of the key.
Bytes SignTbs(ByteView tbs, SigningKey& issuer);
// Whatever the fields say, also what Certificate::Parse or the path check will refuse later.
Bytes SignCertificate(const CertificateFields& fields, SigningKey& issuer);
Bytes SignCrl(const CrlFields& fields, SigningKey& issuer);

// root -> issuing (line "default") -> license and message, one shard 0, all good and unrevoked.
class TestPki {
 public:
  explicit TestPki(KeyType root_type = KeyType::kEcP256, KeyType issuing_type = KeyType::kEcP256,
                   const std::string& vendor = Terms().vendor);

  std::shared_ptr<SoftwareKey> root_key, issuing_key, message_key, license_key;
  Certificate root, issuing, message;

  // Fields as the good objects have them; change one, sign, and see it refused.
  CertificateFields IssuingFields() const;
  CertificateFields MessageFields() const;
  // Dates and CN follow from the terms; terms_json is FormatTerms(terms).
  CertificateFields LicenseFields(const LicenseTerms& terms) const;
  CrlFields ShardCrlFields(int shard = 0) const;
  CrlFields RootCrlFields() const;

  // Product "editor", edition "standard", valid from 2026-11-01 for a year, 7 days grace.
  static LicenseTerms Terms();

  Certificate IssueLicense(const CertificateFields& fields) const;  // by issuing_key
  Crl IssueCrl(const CrlFields& fields) const;                      // by issuing_key
  Crl IssueRootCrl(const CrlFields& fields) const;                  // by root_key
  std::string ShardUri(int shard) const;
  // A license of license_key with Terms(), an empty CRL of shard 0 and, when asked for, an empty root CRL.
  LicenseFile MakeLicenseFile(bool with_root_crl = false) const;
  LicenseFile MakeLicenseFile(const LicenseTerms& terms, bool with_root_crl = false) const;
  TrustAnchors Anchors() const { return {{root}}; }
};

}  // namespace holdfast::testing
