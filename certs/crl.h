// Certificate revocation lists, closed profile (RFC 5280 section 5): v2, AKI, CRL number (not critical),
// critical issuing distribution point with one URI for a license shard (none for the root's list), entries
// with reason codes and nothing else. At most 1,000 entries a shard, so that a cold parse on the customer's
// side costs less than a millisecond.
#pragma once

#include <vector>

#include "certs/certificate.h"

namespace holdfast {

inline constexpr size_t kMaxCrlEntries = 1000;
inline constexpr size_t kMaxCrlSize = 128 * 1024;

enum class RevocationReason : uint8_t {  // RFC 5280 5.3.1
  kUnspecified = 0,
  kKeyCompromise = 1,
  kSuperseded = 4,
  kCessationOfOperation = 5,
  kCertificateHold = 6,
  kPrivilegeWithdrawn = 9,
};

struct RevokedEntry {
  Bytes serial;
  Time date;
  RevocationReason reason = RevocationReason::kUnspecified;
  bool operator==(const RevokedEntry&) const = default;
};

struct CrlFields {
  DistinguishedName issuer;
  Time this_update, next_update;
  Bytes authority_key_id;
  int64_t number = 0;                 // 1 and up, only grows
  std::string uri;                    // the shard's; empty: covers everything that the issuer signed
  std::vector<RevokedEntry> entries;  // ascending by serial
  bool operator==(const CrlFields&) const = default;
};

Result<Bytes> BuildTbsCrl(const CrlFields& fields, SignatureAlgorithm algorithm);  // check: crl.<field>

class Crl {
 public:
  static Result<Crl> Parse(ByteView der);  // checks: crl.size, crl.der, crl.<field>
  const CrlFields& fields() const { return fields_; }
  const Bytes& der() const { return der_; }
  ByteView tbs() const { return ByteView(der_).subspan(tbs_offset_, tbs_size_); }
  const RevokedEntry* Find(ByteView serial) const;        // nullptr: not revoked by this list
  Status VerifySignature(const PublicKey& issuer) const;  // check: crl.signature

 private:
  Crl() = default;
  CrlFields fields_;
  Bytes der_, signature_;
  size_t tbs_offset_ = 0, tbs_size_ = 0;
  SignatureAlgorithm algorithm_ = SignatureAlgorithm::kEcdsaSha256;
};

// What must hold between two lists published one after the other: same issuer and shard, the number grows,
// thisUpdate does not go back, no entry is lost unless its serial stands in `may_drop` (expired, or a
// suspension that ended), and one that is no suspension is neither made one nor dated earlier. Check:
// crl.sequence.
Status CheckSuccession(const CrlFields& previous, const CrlFields& next, const std::vector<Bytes>& may_drop);

}  // namespace holdfast
