// The seam between what faces the world and what holds the keys (design: three levels of trust). The server
// orders by template; the signer builds, checks against its own issuance policy, lints, signs, verifies,
// audits. It signs no octets that it is given, except the payload of a message whose type it knows.
// Implementations: SignerClient (over the socket of holdfast-signer) and hsm::Issuer (in the signer's
// process).
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "certs/crl.h"
#include "protocol/jose/jws.h"

namespace holdfast {

struct LicenseOrder {
  std::string line;        // product line: names the issuing key
  Bytes serial;            // 16 random octets, reserved in the store before
  std::string license_id;  // subject CN
  std::string customer;    // subject O
  Time not_before, not_after;
  Bytes subject_spki;  // P-256, the license key
  std::string terms_json;
  int shard = 0;       // CRL shard, fixed in the certificate
  std::string reason;  // for the audit log: which activation
};

struct CrlOrder {
  std::string line;
  int shard = 0;
  Bytes issuer_key_id;  // which generation of the line's issuing key; empty: the current one
  int64_t number = 0;
  Time this_update, next_update;
  std::vector<RevokedEntry> entries;
};

// The types that the message key signs.
inline constexpr MessageType kSignedMessages[] = {MessageType::kProductKey, MessageType::kReturnNonce,
                                                  MessageType::kTimeAnswer, MessageType::kHeartbeatAnswer};

struct MessageOrder {
  std::string line;
  MessageType type = MessageType::kProductKey;  // one of kSignedMessages
  Bytes payload;
};

// One generation of a product line's keys; licenses out keep naming the one that signed them.
struct IssuerInfo {
  std::string line;
  Bytes issuing_certificate;  // DER
  Bytes message_certificate;  // DER
  bool current = false;       // signs for the line: its newest, unless that is revoked
};

struct SignerStatus {
  std::string state;  // "ok", "pin_refused", "hsm_down"
  std::string detail;
  std::optional<Seconds> last_good_signature_age;
  int64_t audit_sequence = 0;
  std::string audit_head;  // hex SHA-256 of the newest record
  std::vector<IssuerInfo> issuers;
  Bytes root_certificate;  // DER
  Bytes root_crl;          // DER
};

class SigningService {
 public:
  virtual ~SigningService() = default;
  virtual Result<Bytes> IssueLicense(const LicenseOrder& order) = 0;  // certificate, DER
  virtual Result<Bytes> IssueCrl(const CrlOrder& order) = 0;          // CRL, DER
  virtual Result<std::string> SignMessage(
      const MessageOrder& order) = 0;  // JWS, compact; kid = hex SKI of the message key
  virtual Result<SignerStatus> GetStatus() = 0;
};

// "urn:holdfast:crl:<hex issuer SKI>:<shard>"
std::string CrlUri(ByteView issuer_key_id, int shard);

}  // namespace holdfast
